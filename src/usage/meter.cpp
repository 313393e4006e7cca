#include "usage/meter.h"

#include <algorithm>
#include <utility>

#include "usage/holder.h"
#include "usage/quotas.h"
#include "usage/recorder.h"
#include "usage/wallets.h"

namespace aigw::usage {
namespace {

Quotas quotas_of(const Holders& holders) {
  std::vector<std::shared_ptr<Counter>> counters;
  counters.reserve(holders.size());
  for (const Holder& holder : holders) {
    if (holder.counter != nullptr) counters.push_back(holder.counter);
  }
  return Quotas(std::move(counters));
}

const WaitingLine::Place* place_in(const WaitingLine* line, const Places& places) {
  const auto found = std::find_if(places.begin(), places.end(), [&](const auto& one) { return one->line() == line; });
  return found == places.end() ? nullptr : found->get();
}

bool needs_balance(const Balance& balance) {
  return balance.wallets != nullptr && (balance.prepaid || balance.wallets->has(balance.owner));
}

// The one of which least is left.
template <typename Ask>
std::optional<RateState> scarcest(const Holders& holders, Ask ask) {
  std::optional<RateState> result;
  for (const Holder& holder : holders) {
    const std::optional<RateState> one = ask(*holder.limiter);
    if (one && (!result || one->remaining < result->remaining)) result = one;
  }
  return result;
}

}  // namespace

// The holders are those that were reserved from, whatever a reload has made of the meter since.
struct Reservation::Hold {
  std::shared_ptr<const Holders> holders;
  Quotas quotas;
  Balance balance;
  std::shared_ptr<Recorder> recorder;
  Estimate estimate;
  std::vector<RateLimiter::Grip> grips;  // one for each holder
  bool holds_balance = false;

  void settle(const Used& used, Now now, Record& record, Resets& resets) const {
    quotas.settle(estimate, used, now.wall, record.marks, resets);
    for (std::size_t i = 0; i < grips.size(); ++i) {
      (*holders)[i].limiter->settle(grips[i], used.prompt_tokens + used.completion_tokens, now.steady);
    }
    if (holds_balance) {
      record.debit = balance.wallets->settle(balance.owner, estimate.cost, used.key, used.charge, now.wall);
    }
  }
};

Reservation::Reservation(std::unique_ptr<Hold> hold) : hold_(std::move(hold)) {}
Reservation::Reservation(Reservation&&) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  std::swap(hold_, other.hold_);  // what this one held is given back with `other`
  return *this;
}

Reservation::~Reservation() {
  if (hold_) release(false, read_clocks());
}

void Reservation::settle_both(Reservation& provider, Reservation* caller, const Used& used, Now now) {
  if (!provider.hold_) return;
  const std::unique_ptr<Hold> one = std::move(provider.hold_);
  const std::unique_ptr<Hold> other = caller != nullptr ? std::move(caller->hold_) : nullptr;
  Resets resets;
  Record record{now.wall, sane(used), {}, {}};
  one->settle(record.used, now, record, resets);
  if (other) other->settle(record.used, now, record, resets);
  one->recorder->record(record);
  one->recorder->report(resets);
}

bool Reservation::again(Now now) {
  if (!hold_) return false;
  const std::vector<RateLimiter::Grip> before = hold_->grips;
  const auto limiter = [&](std::size_t i) -> RateLimiter& { return *(*hold_->holders)[i].limiter; };
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (limiter(i).again(hold_->grips[i], now.steady)) continue;
    for (std::size_t j = 0; j < i; ++j) limiter(j).not_again(hold_->grips[j], before[j]);
    return false;
  }
  return true;
}

void Reservation::fail(Now now) { release(true, now); }

void Reservation::release(bool sent, Now now) {
  if (!hold_) return;
  const std::unique_ptr<Hold> hold = std::move(hold_);
  hold->quotas.give_back(hold->estimate);
  for (std::size_t i = 0; i < hold->grips.size(); ++i) {
    (*hold->holders)[i].limiter->release(hold->grips[i], sent, now.steady);
  }
  if (hold->holds_balance) hold->balance.wallets->give_back(hold->balance.owner, hold->estimate.cost);
}

Meter::Meter(std::shared_ptr<const Holders> holders, Balance balance, std::shared_ptr<Recorder> recorder)
    : holders_(std::move(holders)), balance_(std::move(balance)), recorder_(std::move(recorder)) {}

std::optional<Shortage> Meter::rate_shortage(SteadyTime now, const Places& places) const {
  const auto held_against = holders();
  for (const Holder& holder : *held_against) {
    auto rate = holder.limiter->shortage(now, place_in(holder.limiter->line(), places));
    if (rate) return Shortage{Shortage::Why::Rate, holder.title, std::nullopt, std::move(rate), std::nullopt};
  }
  return std::nullopt;
}

std::optional<Shortage> Meter::lasting_shortage(WallTime now) const {
  const auto held_against = holders();
  Resets resets;
  std::optional<Shortage> result;
  for (const Holder& holder : *held_against) {
    if (holder.counter == nullptr) continue;
    const auto until = Quotas({holder.counter}).full_until(now, resets);
    if (!until || (result && *result->until >= *until)) continue;
    result = Shortage{Shortage::Why::Quota, holder.title, until, std::nullopt, holder.counter->state(now, resets)};
  }
  recorder_->report(resets);
  if (result || !needs_balance(balance_)) return result;
  if (balance_.wallets->balance(balance_.owner).value_or(0) > 0) return std::nullopt;
  return Shortage{Shortage::Why::Balance, balance_.owner, std::nullopt, std::nullopt, std::nullopt};
}

std::optional<WallTime> Meter::full_until(WallTime now) const {
  Resets resets;
  const std::optional<WallTime> until = quotas_of(*holders()).full_until(now, resets);
  recorder_->report(resets);
  return until;
}

Grant Meter::reserve(const Estimate& wanted, Now now, const Places& places) {
  if (auto shortage = lasting_shortage(now.wall)) return std::move(*shortage);
  const auto against = holders();
  const Estimate estimate = sane(wanted);
  std::vector<RateLimiter::Grip> grips(against->size());
  const auto let_go_of = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      RateLimiter& limiter = *(*against)[i].limiter;
      limiter.release(grips[i], false, now.steady, place_in(limiter.line(), places));
    }
  };
  for (std::size_t i = 0; i < against->size(); ++i) {
    const Holder& holder = (*against)[i];
    const auto* const place = place_in(holder.limiter->line(), places);
    auto rate = holder.limiter->reserve(estimate.tokens, now.steady, place, grips[i]);
    if (!rate) continue;
    let_go_of(i);
    return Shortage{Shortage::Why::Rate, holder.title, std::nullopt, std::move(rate), std::nullopt};
  }
  // Others may have come in between: from here on it is for good.
  Quotas quotas = quotas_of(*against);
  Resets resets;
  const bool reserved = quotas.reserve(estimate, now.wall, resets);
  recorder_->report(resets);
  const bool holds_balance = needs_balance(balance_);
  if (reserved && (!holds_balance || balance_.wallets->reserve(balance_.owner, estimate.cost))) {
    return Reservation(std::make_unique<Reservation::Hold>(Reservation::Hold{
        against, std::move(quotas), balance_, recorder_, estimate, std::move(grips), holds_balance}));
  }
  if (reserved) quotas.give_back(estimate);
  let_go_of(grips.size());
  if (auto shortage = lasting_shortage(now.wall)) return std::move(*shortage);
  const std::string title = reserved ? "balance of " + balance_.owner : "budget of " + against->front().title;
  return Shortage{Shortage::Why::Held, title, std::nullopt, std::nullopt, std::nullopt};
}

void Meter::count_error(std::string_view key, WallTime now) {
  Resets resets;
  const auto counted = holders();
  for (const Holder& holder : *counted) {
    if (holder.counter != nullptr) holder.counter->count_error(key, now, resets);
  }
  recorder_->report(resets);
}

CounterState Meter::state(WallTime now) const {
  const auto held_against = holders();
  const auto& counter = held_against->front().counter;
  return counter == nullptr ? CounterState{{WindowState{}}, {}, 0, 0, 0, {}} : state_of(*counter, now);
}

std::optional<CounterState> Meter::account_state(WallTime now) const {
  const auto held_against = holders();
  if (held_against->size() < 2 || (*held_against)[1].counter == nullptr) return std::nullopt;
  return state_of(*(*held_against)[1].counter, now);
}

Forecast Meter::forecast(WallTime now) const {
  std::vector<CounterState> states;
  const auto held_against = holders();
  for (const Holder& holder : *held_against) {
    if (holder.counter != nullptr) states.push_back(state_of(*holder.counter, now));
  }
  return usage::forecast(states, now);
}

std::optional<RateState> Meter::requests_in_minute(SteadyTime now) const {
  return scarcest(*holders(), [&](const RateLimiter& limiter) { return limiter.requests(now); });
}

std::optional<RateState> Meter::tokens_in_minute(SteadyTime now) const {
  return scarcest(*holders(), [&](const RateLimiter& limiter) { return limiter.tokens(now); });
}

std::optional<RateState> Meter::at_once() const {
  return scarcest(*holders(), [](const RateLimiter& limiter) { return limiter.at_once(); });
}

CounterState Meter::state_of(Counter& counter, WallTime now) const {
  Resets resets;
  CounterState state = counter.state(now, resets);
  recorder_->report(resets);
  return state;
}

std::shared_ptr<const Holders> Meter::holders() const {
  return holders_.with([](const auto& current) { return current; });
}

void Meter::set_holders(std::shared_ptr<const Holders> holders) {
  holders_.with([&](auto& current) { current = std::move(holders); });
}

}  // namespace aigw::usage
