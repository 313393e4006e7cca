#include "gateway/choice.h"

#include <algorithm>
#include <utility>

#include "gateway/availability.h"
#include "gateway/billing.h"
#include "observe/log.h"

namespace aigw::gateway {
namespace {

using observe::Level;

constexpr Millis kCooldownWaitMax{3'000};  // a shorter cooldown is waited for when nobody else is left
constexpr int kWaitsMax = 10;              // for a cooldown, in one exchange

}  // namespace

Choice::Choice(Gateway& gateway, const Asked& asked, const LiveRoute& route, const config::Global& config,
               config::Strategy strategy, const std::string& key, http::Waiter& waiter, SteadyTime deadline,
               const std::string& id)
    : asked_(asked),
      route_(route),
      config_(config),
      strategy_(strategy),
      waiter_(waiter),
      deadline_(deadline),
      id_(id),
      waiting_(gateway, waiter, key) {}

std::optional<Picked> Choice::next() {
  while (steady_now() < deadline_) {
    const Now now = read_clocks();
    Survey found = survey(now);
    if (std::optional<Picked> picked = pick_from(std::move(found.candidates), now)) {
      observe::log(config_.log_requests ? Level::Info : Level::Debug, "Selected provider",
                   {{"id", id_},
                    {"model", asked_.model},
                    {"provider", picked->backend->config->name},
                    {"priority", picked->backend->config->priority},
                    {"strategy", to_string(strategy_)}});
      return picked;
    }
    const bool goes_on = found.queues.empty() ? wait_for_cooldown() : waiting_.wait(found.queues, deadline_);
    if (!goes_on && (found.queues.empty() || waiter_.client_gone())) break;
  }
  return std::nullopt;
}

Choice::Survey Choice::survey(Now now) const {
  const config::PricedTokens expected = expected_use(asked_, route_.state->average_completion_tokens());
  Survey found;
  std::vector<std::pair<int, usage::RateShortage>> queues;  // with the priority of whom they lead to
  for (std::size_t i = 0; i < route_.backends.size(); ++i) {
    const Backend& backend = route_.backends[i];
    if (was_tried(backend)) continue;
    const auto why = unavailable_for(asked_, backend, now, waiting_.places());
    if (!why) {
      found.candidates.push_back(candidate_of(i, expected, now.wall));
    } else if (why->queues() && !waiting_.out_of_patience(*why->rate, now.steady)) {
      queues.emplace_back(backend.config->priority, *why->rate);
    } else {
      observe::log(Level::Debug, "Skipped provider",
                   {{"id", id_}, {"provider", backend.config->name}, {"reason", why->reason}});
    }
  }
  if (queues.empty()) return found;
  // Whoever has room now is preferred within a tier; a later tier has to wait for those who wait.
  const auto priority_of = [&](const routing::Candidate& one) { return route_.backends[one.index].config->priority; };
  const int first = std::min_element(queues.begin(), queues.end(), [](const auto& a, const auto& b) {
                      return a.first < b.first;
                    })->first;
  std::erase_if(found.candidates, [&](const routing::Candidate& one) { return priority_of(one) > first; });
  for (auto& [priority, shortage] : queues) {
    if (priority == first) found.queues.push_back(std::move(shortage));
  }
  return found;
}

std::optional<Picked> Choice::pick_from(std::vector<routing::Candidate> candidates, Now now) {
  const config::PricedTokens expected = expected_use(asked_, route_.state->average_completion_tokens());
  while (const auto index = route_.scheduler->pick(candidates, strategy_)) {
    const Backend& backend = route_.backends[*index];
    const usage::Estimate estimate{total_tokens(expected), expected_bill(asked_, route_, backend, nullptr, expected).cost};
    usage::Grant grant = backend.meter->reserve(estimate, now, waiting_.places());
    if (grant) {
      waiting_.leave();
      return Picked{&backend, std::move(*grant)};
    }
    // Another exchange took the last of its quota since it became a candidate.
    std::erase_if(candidates, [&](const routing::Candidate& candidate) { return candidate.index == *index; });
  }
  return std::nullopt;
}

routing::Candidate Choice::candidate_of(std::size_t index, const config::PricedTokens& expected, WallTime now) const {
  const Backend& backend = route_.backends[index];
  routing::Candidate candidate{index, backend.state->in_flight(), backend.state->average_latency_ms()};
  if (strategy_ == config::Strategy::Expiring) {  // a forecast costs more than the rest of the choice
    const usage::Forecast forecast = backend.meter->forecast(now);
    candidate.quota_expires = forecast.expires;
    candidate.quota_unused_share = forecast.unused_share;
  }
  if (strategy_ == config::Strategy::Cost) {
    const Bill bill = expected_bill(asked_, route_, backend, nullptr, expected);
    if (bill.priced) candidate.cost = bill.cost;
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
    const auto why = unavailable_for(asked_, backend, {wall_now(), now});
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
  const Now now = read_clocks();
  return std::all_of(route_.backends.begin(), route_.backends.end(), [&](const Backend& other) {
    return &other == &backend || unavailable(other, now).has_value();
  });
}

Refusal Choice::nobody_left() const {
  std::vector<Trial> trials = trials_;
  const Now now = read_clocks();
  for (const Backend& backend : route_.backends) {
    if (was_tried(backend)) continue;
    if (const auto why = unavailable_for(asked_, backend, now))
      trials.push_back(Trial::skipped(backend, *why));
  }
  if (trials.empty()) return refuse(504, "The time for the exchange (_global.default_timeout) ran out.");
  return gateway::nobody_left(asked_.model, trials, asked_.settings.pass_upstream_auth_errors);
}

}  // namespace aigw::gateway
