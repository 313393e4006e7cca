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
  if (const auto index = route.scheduler->peek(found.candidates, strategy)) {
    const Backend& chosen = route.backends[*index];
    const int priority = chosen.config->priority;
    explanation.chosen = &chosen;
    explanation.why = why_chosen(strategy, contenders(found, route, priority), priority);
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
