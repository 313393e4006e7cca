#include "usage/forecast.h"

#include <algorithm>
#include <ratio>

#include "base/period.h"

namespace aigw::usage {
namespace {

using HourSpan = std::chrono::duration<double, std::ratio<3600>>;

// Nobody asks at night: a quota is used up in the busy third of the time. With 2 or 4 the simulation of bench/ wastes
// about as little, with 1 or 6 more on some sets of providers.
constexpr double kUnevenness = 3;

struct Limit {
  std::int64_t limit;  // >= 1
  std::int64_t used;
  double per_hour;
  std::int64_t left() const { return std::max<std::int64_t>(limit - used, 0); }
};

template <typename T>
std::optional<T> least(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

std::optional<WallTime> expiry(const WindowState& window, WallTime now) {
  if (window.next_reset || window.last_reset) return window.next_reset;
  const Result<Period> period = Period::parse(window.period);
  return period ? period->end_after(now, now) : std::nullopt;
}

std::optional<WallTime> exhaustion(const Limit& limit, const std::optional<WallTime>& expires, WallTime now) {
  if (limit.left() == 0) return now;
  if (limit.per_hour <= 0) return std::nullopt;
  const HourSpan lasts(static_cast<double>(limit.left()) / limit.per_hour);
  // A double has no nanoseconds in the far future: an hour's distance keeps the sum below the largest time.
  if (lasts >= HourSpan(WallTime::max() - now) - HourSpan(1)) return std::nullopt;
  const WallTime at = now + std::chrono::duration_cast<WallTime::duration>(lasts);
  return expires && at >= *expires ? std::nullopt : std::optional(at);
}

double unused_share(const Limit& limit, const std::optional<WallTime>& expires, WallTime now) {
  const double hours = expires ? std::max(HourSpan(*expires - now).count(), 0.0) : 0;
  const double unused = static_cast<double>(limit.left()) - limit.per_hour * hours;
  return std::clamp(unused / static_cast<double>(limit.limit), 0.0, 1.0);
}

void count_in(Forecast& all, const Forecast& one) {
  all.remaining.requests = least(all.remaining.requests, one.remaining.requests);
  all.remaining.tokens = least(all.remaining.tokens, one.remaining.tokens);
  all.remaining.cost = least(all.remaining.cost, one.remaining.cost);
  all.next_reset = least(all.next_reset, one.next_reset);
  all.exhausted_at = least(all.exhausted_at, one.exhausted_at);
  all.unused_share = std::min(all.unused_share, one.unused_share);
}

// A window with a limit that ends some time.
struct Bounded {
  const WindowState* state;
  Forecast forecast;
};

// How long it takes to use what is left of `window`, if `shorter` is used up time after time.
HourSpan time_to_use(const Bounded& window, const Bounded& shorter, WallTime now) {
  const auto periods = [](const std::optional<std::int64_t>& left, const std::optional<std::int64_t>& limit) {
    return left && limit ? static_cast<double>(*left) / static_cast<double>(*limit) : 0.0;
  };
  const Remaining& left = window.forecast.remaining;
  const WallTime begin = shorter.state->last_reset.value_or(now);
  return HourSpan(*shorter.forecast.expires - begin) * std::max({periods(left.requests, shorter.state->limit_requests),
                                                                 periods(left.tokens, shorter.state->limit_tokens),
                                                                 periods(left.cost, shorter.state->limit_cost)});
}

// When not using these windows begins to cost something. That a short one ends costs nothing as long as the longer
// one can still be used up afterwards.
std::optional<WallTime> expiry(const std::vector<Bounded>& windows, WallTime now) {
  std::optional<WallTime> soonest;
  for (const Bounded& window : windows) soonest = least(soonest, window.forecast.expires);
  std::optional<WallTime> latest = soonest;
  for (const Bounded& window : windows) {
    HourSpan needed{0};
    for (const Bounded& shorter : windows) {
      if (shorter.forecast.expires < window.forecast.expires) {
        needed = std::max(needed, kUnevenness * time_to_use(window, shorter, now));
      }
    }
    const WallTime end = *window.forecast.expires;
    // Compared as hours: they may be more than a time can hold.
    if (needed < end - *latest) latest = end - std::chrono::duration_cast<WallTime::duration>(needed);
  }
  return latest;
}

}  // namespace

Forecast forecast(const WindowState& window, const Pace& pace, WallTime now) {
  Forecast result;
  if (!window.limit_requests && !window.limit_tokens && !window.limit_cost) return result;
  result.next_reset = window.next_reset;
  result.expires = expiry(window, now);
  const auto hold_to = [&](const Limit& limit) {
    result.exhausted_at = least(result.exhausted_at, exhaustion(limit, result.expires, now));
    result.unused_share = std::min(result.unused_share, unused_share(limit, result.expires, now));
    return limit.left();
  };
  if (window.limit_requests) {
    result.remaining.requests = hold_to({*window.limit_requests, window.used.requests, pace.requests_per_hour});
  }
  if (window.limit_tokens) {
    result.remaining.tokens = hold_to({*window.limit_tokens, window.used.tokens(), pace.tokens_per_hour});
  }
  if (window.limit_cost) {
    result.remaining.cost = hold_to({*window.limit_cost, window.used.cost, pace.cost_per_hour});
  }
  return result;
}

Forecast forecast(const std::vector<CounterState>& counters, WallTime now) {
  Forecast all;
  std::vector<Bounded> bounded;
  for (const CounterState& counter : counters) {
    for (const WindowState& window : counter.windows) {
      const Forecast one = forecast(window, counter.pace, now);
      count_in(all, one);
      if (one.expires) bounded.push_back({&window, one});
    }
  }
  all.expires = expiry(bounded, now);
  return all;
}

}  // namespace aigw::usage
