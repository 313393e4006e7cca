#include "usage/window.h"

#include <algorithm>
#include <tuple>

namespace aigw::usage {
namespace {

// Files hold full seconds, so a time that goes through one should not change.
WallTime full_second(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

Period parse_or_never(const std::string& text) {
  const Result<Period> period = Period::parse(text);
  return period ? *period : Period();
}

}  // namespace

Window::Window(Period period, WallTime created, std::uint64_t since) : period_(std::move(period)) {
  state_.period = period_.text();
  start(created, since);
  // Nobody reset it, and what was used before it was made is not known.
  if (!period_.rolls()) state_.last_reset = full_second(created);
}

Window::Window(const WindowState& state) : state_(state), period_(parse_or_never(state.period)) {
  wait_if_unused();
}

WindowMark Window::mark() const {
  return {state_.period, state_.since, state_.last_reset.value_or(WallTime()), state_.next_reset};
}

void Window::limit_to(const config::QuotaWindow* limit) {
  state_.limit_requests = limit != nullptr ? limit->requests_per_period : std::nullopt;
  state_.limit_tokens = limit != nullptr ? limit->tokens_per_period : std::nullopt;
  state_.limit_cost = limit != nullptr ? limit->cost_per_period : std::nullopt;
}

bool Window::follow(const Period& period, WallTime now, std::uint64_t since) {
  const auto before = std::tuple(state_.period, state_.last_reset, state_.next_reset, state_.since);
  const bool gets_quota = state_.period.empty() && !period.text().empty();
  const bool in_one_period = !period.rolls() && state_.last_reset >= period.begin_at(now);
  const bool rolled = period_.rolls();
  period_ = period;
  state_.period = period.text();
  if (gets_quota && !in_one_period) start(now, since);
  if (!rolled) wait_if_unused();
  if (!state_.last_reset && (!period_.rolls() || !unused())) state_.last_reset = period_.begin_at(now);
  // Also for the same cron: TZ may be another one since.
  end_after(now);
  if (due(now)) {  // a shorter period would be over, and the counts gone with it
    state_.last_reset = period_.begin_at(now);
    end_after(now);
  }
  return before != std::tuple(state_.period, state_.last_reset, state_.next_reset, state_.since);
}

void Window::catch_up(const WindowMark& mark) {
  if (mark.since < state_.since) return;
  if (mark.period != state_.period) {  // a million records of one journal mostly have the same
    period_ = parse_or_never(mark.period);
    state_.period = mark.period;
  }
  if (mark.since > state_.since) state_.used = {};
  state_.since = mark.since;
  state_.last_reset = mark.begin;
  state_.next_reset = mark.end;
}

void Window::start(WallTime now, std::uint64_t since) {
  const WallTime begin = std::max(now, state_.next_reset.value_or(now));
  state_.used = {};
  state_.since = since;
  state_.last_reset.reset();
  if (!period_.rolls()) state_.last_reset = period_.begin_at(begin);
  end_after(begin);
}

void Window::clear(WallTime now, std::uint64_t since) {
  state_.next_reset.reset();
  start(now, since);
  if (!period_.rolls()) state_.last_reset = full_second(now);
}

void Window::begin_if_waiting(WallTime now) {
  if (state_.last_reset) return;
  // Rounded up, like all that files hold: the provider's own window begins a moment later than the reservation.
  state_.last_reset = std::chrono::ceil<std::chrono::seconds>(now);
  end_after(now);
}

void Window::wait_if_unused() {
  if (!period_.rolls() || !unused()) return;
  state_.last_reset.reset();
  state_.next_reset.reset();
}

bool Window::unused() const { return state_.used.requests == 0 && state_.used.tokens() == 0; }

void Window::end_after(WallTime now) {
  state_.next_reset.reset();
  if (state_.last_reset) state_.next_reset = period_.end_after(*state_.last_reset, now);
}

bool Window::used_up() const { return full(Reserved{}); }

bool Window::full(const Reserved& reserved) const {
  return (state_.limit_requests && state_.used.requests + reserved.requests >= *state_.limit_requests) ||
         (state_.limit_tokens && state_.used.tokens() + reserved.tokens >= *state_.limit_tokens) ||
         (state_.limit_cost && state_.used.cost + reserved.cost >= *state_.limit_cost);
}

}  // namespace aigw::usage
