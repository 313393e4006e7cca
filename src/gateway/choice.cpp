#include "gateway/choice.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/availability.h"
#include "observe/log.h"
#include "protocol/endpoint.h"

namespace aigw::gateway {
namespace {

using observe::Level;

constexpr Millis kCooldownWaitMax{3'000};  // a shorter cooldown is waited for when nobody else is left
constexpr int kWaitsMax = 10;              // for a cooldown, in one exchange

}  // namespace

std::int64_t expected_tokens(const Asked& asked, std::int64_t average_completion_tokens) {
  if (!protocol::generates_text(asked.endpoint->dialect)) return asked.prompt_tokens;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const protocol::Envelope& envelope = asked.envelope;
  std::int64_t completion = average_completion_tokens;
  if (envelope.max_tokens.value_or(-1) >= 0) {
    const std::int64_t each = *envelope.max_tokens;
    completion = each > kMost / envelope.choices ? kMost : each * envelope.choices;
  }
  return completion > kMost - asked.prompt_tokens ? kMost : asked.prompt_tokens + completion;
}

Choice::Choice(const Asked& asked, const LiveRoute& route, const config::Global& config, http::Waiter& waiter,
               SteadyTime deadline, const std::string& id)
    : asked_(asked), route_(route), config_(config), waiter_(waiter), deadline_(deadline), id_(id) {}

std::optional<Picked> Choice::next() {
  while (steady_now() < deadline_) {
    if (std::optional<Picked> picked = pick_now()) {
      observe::log(config_.log_requests ? Level::Info : Level::Debug, "Selected provider",
                   {{"id", id_},
                    {"model", asked_.model},
                    {"provider", picked->backend->config->name},
                    {"priority", picked->backend->config->priority},
                    {"strategy", to_string(route_.config->strategy)}});
      return picked;
    }
    if (!wait_for_cooldown()) break;
  }
  return std::nullopt;
}

std::optional<Picked> Choice::pick_now() {
  const SteadyTime steady = steady_now();
  const WallTime wall = wall_now();
  std::vector<routing::Candidate> candidates;
  for (std::size_t i = 0; i < route_.backends.size(); ++i) {
    const Backend& backend = route_.backends[i];
    if (was_tried(backend)) continue;
    if (const auto why = unavailable_for(asked_, backend, wall, steady)) {
      observe::log(Level::Debug, "Skipped provider",
                   {{"id", id_}, {"provider", backend.config->name}, {"reason", why->reason}});
      continue;
    }
    candidates.push_back(candidate_of(i, wall));
  }
  const std::int64_t tokens = expected_tokens(asked_, route_.state->average_completion_tokens());
  while (const auto index = route_.scheduler->pick(candidates)) {
    const Backend& backend = route_.backends[*index];
    if (auto reservation = backend.meter->reserve(tokens, wall)) return Picked{&backend, std::move(*reservation)};
    // Another exchange took the last of its quota since it became a candidate.
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                    [&](const routing::Candidate& candidate) { return candidate.index == *index; }),
                     candidates.end());
  }
  return std::nullopt;
}

routing::Candidate Choice::candidate_of(std::size_t index, WallTime now) const {
  const Backend& backend = route_.backends[index];
  routing::Candidate candidate{index, backend.state->in_flight(), backend.state->average_latency_ms()};
  if (route_.config->strategy == config::Strategy::Expiring) {  // a forecast costs more than the rest of the choice
    const usage::Forecast forecast = backend.meter->forecast(now);
    candidate.quota_expires = forecast.expires;
    candidate.quota_unused_share = forecast.unused_share;
  }
  return candidate;
}

// When all that is left is cooling, a short wait is better than a failure. False: there is nobody worth waiting for.
bool Choice::wait_for_cooldown() {
  if (++waits_ > kWaitsMax) return false;
  const SteadyTime now = steady_now();
  std::optional<SteadyTime> first;
  for (const Backend& backend : route_.backends) {
    if (was_tried(backend)) continue;
    const auto why = unavailable_for(asked_, backend, wall_now(), now);
    if (!why) return true;  // it has become free since it was looked at
    if (why->cooling() && why->free_in) first = std::min(first.value_or(SteadyTime::max()), now + *why->free_in);
  }
  if (!first || *first > now + kCooldownWaitMax || *first > deadline_) return false;
  waiter_.set_deadline(deadline_);
  return waiter_.sleep_until(*first) == http::Waiter::Outcome::Ready;
}

void Choice::rule_out(Trial trial) { trials_.push_back(std::move(trial)); }

bool Choice::was_tried(const Backend& backend) const {
  return std::any_of(trials_.begin(), trials_.end(), [&](const Trial& trial) { return trial.backend == &backend; });
}

bool Choice::is_only_one_left(const Backend& backend) const {
  const WallTime wall = wall_now();
  const SteadyTime steady = steady_now();
  return std::all_of(route_.backends.begin(), route_.backends.end(), [&](const Backend& other) {
    return &other == &backend || unavailable(other, wall, steady).has_value();
  });
}

Refusal Choice::nobody_left() const {
  std::vector<Trial> trials = trials_;
  const WallTime wall = wall_now();
  const SteadyTime steady = steady_now();
  for (const Backend& backend : route_.backends) {
    if (was_tried(backend)) continue;
    if (const auto why = unavailable_for(asked_, backend, wall, steady))
      trials.push_back(Trial::skipped(backend, *why));
  }
  if (trials.empty()) return refuse(504, "The time for the exchange (_global.default_timeout) ran out.");
  return gateway::nobody_left(asked_.model, trials, asked_.settings.pass_upstream_auth_errors);
}

}  // namespace aigw::gateway
