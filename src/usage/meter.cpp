#include "usage/meter.h"

#include <utility>
#include <vector>

#include "usage/recorder.h"
#include "usage/quotas.h"

namespace aigw::usage {

// The counters are those that were reserved from, whatever a reload has made of the meter since.
struct Reservation::Hold {
  Quotas quotas;
  std::shared_ptr<Recorder> recorder;
  std::int64_t tokens;
};

Reservation::Reservation(std::unique_ptr<Hold> hold) : hold_(std::move(hold)) {}
Reservation::Reservation(Reservation&&) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  std::swap(hold_, other.hold_);  // what this one held is given back with `other`
  return *this;
}

Reservation::~Reservation() {
  if (hold_) hold_->quotas.give_back(hold_->tokens);
}

void Reservation::settle(const Used& used, WallTime now) {
  if (!hold_) return;
  const std::unique_ptr<Hold> hold = std::move(hold_);
  Resets resets;
  hold->recorder->record(hold->quotas.settle(hold->tokens, used, now, resets));
  hold->recorder->report(resets);
}

Meter::Meter(std::shared_ptr<Counter> own, std::shared_ptr<Recorder> recorder)
    : own_(std::move(own)), recorder_(std::move(recorder)) {}

std::optional<WallTime> Meter::full_until(WallTime now) const {
  Resets resets;
  const std::optional<WallTime> until = quotas().full_until(now, resets);
  recorder_->report(resets);
  return until;
}

std::optional<Reservation> Meter::reserve(std::int64_t tokens, WallTime now) {
  Quotas held = quotas();
  Resets resets;
  const bool reserved = held.reserve(tokens, now, resets);
  recorder_->report(resets);
  if (!reserved) return std::nullopt;
  return Reservation(std::make_unique<Reservation::Hold>(Reservation::Hold{std::move(held), recorder_, tokens}));
}

void Meter::count_error(std::string_view key, WallTime now) {
  Resets resets;
  own_->count_error(key, now, resets);
  if (const auto counter = account()) counter->count_error(key, now, resets);
  recorder_->report(resets);
}

CounterState Meter::state(WallTime now) const { return state_of(*own_, now); }

std::optional<CounterState> Meter::account_state(WallTime now) const {
  const auto counter = account();
  return counter != nullptr ? std::optional(state_of(*counter, now)) : std::nullopt;
}

Forecast Meter::forecast(WallTime now) const {
  std::vector<CounterState> states = {state(now)};
  if (auto shared = account_state(now)) states.push_back(std::move(*shared));
  return usage::forecast(states, now);
}

CounterState Meter::state_of(Counter& counter, WallTime now) const {
  Resets resets;
  CounterState state = counter.state(now, resets);
  recorder_->report(resets);
  return state;
}

std::shared_ptr<Counter> Meter::account() const {
  return account_.with([](const auto& counter) { return counter; });
}

void Meter::set_account(std::shared_ptr<Counter> account) {
  account_.with([&](std::shared_ptr<Counter>& current) { current = std::move(account); });
}

Quotas Meter::quotas() const { return {own_, account()}; }

}  // namespace aigw::usage
