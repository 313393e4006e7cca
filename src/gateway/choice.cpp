#include "gateway/choice.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "gateway/availability.h"
#include "gateway/billing.h"
#include "observe/exchange_log.h"
#include "observe/log.h"

namespace aigw::gateway {
namespace {

using observe::Level;

constexpr Millis kCooldownWaitMax{3'000};  // a shorter cooldown is waited for when nobody else is left
constexpr int kWaitsMax = 10;              // for a cooldown, in one exchange

}  // namespace

Choice::Choice(Gateway& gateway, const Asked& asked, const LiveRoute& route, const config::Global& config,
               config::Strategy strategy, const std::string& key, http::Waiter& waiter, SteadyTime deadline,
               Trail& trail)
    : asked_(asked),
      route_(route),
      config_(config),
      strategy_(strategy),
      waiter_(waiter),
      deadline_(deadline),
      trail_(trail),
      waiting_(gateway, waiter, key) {}

std::optional<Picked> Choice::next() {
  Survey found;
  while (steady_now() < deadline_) {
    const Now now = read_clocks();
    found = survey(asked_, route_, strategy_, now, waiting_.places(),
                   [&](const Backend& backend) { return was_tried(backend); });
    const std::vector<usage::RateShortage> queues = queues_for(found, now.steady);
    if (std::optional<Picked> picked = pick_from(found.candidates, now)) {
      note(found, &*picked);
      return picked;
    }
    const bool goes_on = queues.empty() ? wait_for_cooldown() : trail_.pause(Trail::Pause::For::Room, [&] {
      return waiting_.wait(queues, deadline_);
    });
    if (!goes_on && (queues.empty() || waiter_.client_gone())) break;
  }
  if (!waiter_.client_gone()) note(found, nullptr);
  return std::nullopt;
}

// The limits of those that are to be waited for before a later tier has its turn; its candidates are taken from `found`.
std::vector<usage::RateShortage> Choice::queues_for(Survey& found, SteadyTime now) const {
  std::vector<std::pair<int, usage::RateShortage>> queues;  // with the priority of whom they lead to
  for (const Survey::Other& other : found.others) {
    const bool waits = other.why.queues() && !waiting_.out_of_patience(*other.why.rate, now);
    if (waits) queues.emplace_back(other.backend->config->priority, *other.why.rate);
  }
  if (queues.empty()) return {};
  const auto priority_of = [&](const routing::Candidate& one) { return route_.backends[one.index].config->priority; };
  const int first = std::min_element(queues.begin(), queues.end(), [](const auto& a, const auto& b) {
                      return a.first < b.first;
                    })->first;
  // Whoever has room now is preferred within a tier.
  std::erase_if(found.candidates, [&](const routing::Candidate& one) { return priority_of(one) > first; });
  std::vector<usage::RateShortage> of_first;
  for (auto& [priority, shortage] : queues) {
    if (priority == first) of_first.push_back(std::move(shortage));
  }
  return of_first;
}

std::optional<Picked> Choice::pick_from(std::vector<routing::Candidate> candidates, Now now) {
  const config::PricedTokens expected = expected_use(asked_, route_);
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

// For the story and the log: who is asked next (null: nobody is left), and why the others are not.
void Choice::note(const Survey& found, const Picked* picked) {
  Trail::Choice choice;
  for (const Survey::Other& other : found.others) {
    if (choice.skipped.size() == observe::Story::kSkipsMax) break;
    choice.skipped.push_back({other.backend->config->name, shorten(other.why.reason, observe::Story::kTextBytesMax)});
  }
  choice.skipped_more = found.others.size() - choice.skipped.size();
  if (picked != nullptr) {
    const config::Provider& provider = *picked->backend->config;
    choice.provider = provider.name;
    choice.priority = provider.priority;
    choice.why = why_chosen(strategy_, contenders(found, route_, provider.priority), provider.priority);
    const bool logged = config_.log_requests && observe::sampled(trail_.id(), config_.log_sample);
    observe::log(logged ? Level::Info : Level::Debug, "Selected provider",
                 {{"id", trail_.id()},
                  {"model", asked_.model},
                  {"provider", provider.name},
                  {"priority", provider.priority},
                  {"strategy", to_string(strategy_)}});
  }
  if (observe::log_enabled(Level::Debug)) {
    for (const Trail::Skip& skip : choice.skipped) {
      observe::log(Level::Debug, "Skipped provider",
                   {{"id", trail_.id()}, {"provider", skip.provider}, {"reason", skip.reason}});
    }
  }
  trail_.chose(std::move(choice));
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
  const auto outcome = trail_.pause(Trail::Pause::For::Cooldown, [&] { return waiter_.sleep_until(*first); });
  return outcome == http::Waiter::Outcome::Ready;
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
