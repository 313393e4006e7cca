#include "gateway/explain.h"

#include <algorithm>

#include "gateway/survey.h"
#include "gateway/trail.h"
#include "http/message.h"
#include "protocol/endpoint.h"

namespace aigw::gateway {
namespace {

const protocol::Endpoint& chat() {
  const auto& all = protocol::endpoints();
  return *std::find_if(all.begin(), all.end(), [](const auto& one) { return one.dialect == Dialect::Chat; });
}

// Who is waited for before a later tier has its turn; null: nobody is.
const Survey::Other* first_line(const Survey& found) {
  const Survey::Other* first = nullptr;
  for (const Survey::Other& other : found.others) {
    const bool is_better = first == nullptr || other.backend->config->priority < first->backend->config->priority;
    if (other.why.queues() && is_better) first = &other;
  }
  return first;
}

// Of one that could be asked, but is not the one.
std::string why_later(const Backend& backend, const Backend& chosen) {
  if (backend.config->priority > chosen.config->priority) {
    return "its priority is " + std::to_string(backend.config->priority) + ": asked when those of " +
           std::to_string(chosen.config->priority) + " have failed";
  }
  if (backend.config->weight == 0 && chosen.config->weight > 0) return "its weight is 0: asked when the others can't be";
  return "it is not its turn";
}

}  // namespace

Explanation explain(const LiveRoute& route, const std::string& model, std::int64_t prompt_tokens,
                    config::Strategy strategy) {
  const http::Request request;
  Asked asked;
  asked.endpoint = &chat();
  asked.request = &request;
  asked.model = model;
  asked.prompt_tokens = prompt_tokens;
  asked.settings = route.config->conversion;

  const Survey found = survey(asked, route, strategy, read_clocks());
  Explanation explanation;
  const auto index = route.scheduler->peek(found.candidates, strategy);
  const Backend* const free = index ? &route.backends[*index] : nullptr;
  const Survey::Other* const line = first_line(found);
  if (line != nullptr && (free == nullptr || line->backend->config->priority < free->config->priority)) {
    explanation.chosen = line->backend;
    explanation.why = "it is waited for: " + line->why.reason;
  } else if (free != nullptr) {
    const int priority = free->config->priority;
    explanation.chosen = free;
    explanation.why = why_chosen(strategy, contenders(found, route, priority), priority);
    if (free->state->is_down()) explanation.why += "; it has failed its last tries";
  } else {
    explanation.why = "none of its providers can be asked now";
  }
  for (const routing::Candidate& candidate : found.candidates) {
    const Backend& backend = route.backends[candidate.index];
    const bool is_chosen = &backend == explanation.chosen;
    explanation.providers.push_back({&backend, true, is_chosen ? "" : why_later(backend, *explanation.chosen)});
  }
  for (const Survey::Other& other : found.others) {
    std::string reason = other.why.reason;
    if (other.why.free_in) reason += ", for " + wait_text(*other.why.free_in);
    explanation.providers.push_back({other.backend, false, std::move(reason)});
  }
  std::sort(explanation.providers.begin(), explanation.providers.end(), [](const auto& a, const auto& b) {
    const int first = a.backend->config->priority;
    const int second = b.backend->config->priority;
    return first != second ? first < second : a.backend < b.backend;  // they are neighbours in one vector
  });
  return explanation;
}

}  // namespace aigw::gateway
