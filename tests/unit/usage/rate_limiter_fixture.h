// A limiter as exchanges use it.
#pragma once

#include <deque>

#include <doctest/doctest.h>

#include "usage/rate_limiter.h"

namespace aigw::usage {

inline constexpr SteadyTime kStart{std::chrono::seconds{100'000}};

inline config::Limits requests_limit(std::int64_t requests) { return {requests, {}, {}}; }
inline config::Limits tokens_limit(std::int64_t tokens) { return {{}, tokens, {}}; }

// A limiter with what its users hold of it.
struct Limited {
  explicit Limited(const config::Limits& limits) { limiter.configure(limits); }

  bool reserve(SteadyTime now, std::int64_t tokens = 0) {
    RateLimiter::Grip grip;
    if (limiter.reserve(tokens, now, nullptr, grip)) return false;
    held.push_back(grip);
    return true;
  }
  RateLimiter::Grip take() {
    const RateLimiter::Grip grip = held.front();
    held.pop_front();
    return grip;
  }
  void settle(SteadyTime now, std::int64_t tokens = 0) { limiter.settle(take(), tokens, now); }
  void release(bool sent, SteadyTime now = kStart) { limiter.release(take(), sent, now); }
  std::int64_t remaining(SteadyTime now) const { return limiter.requests(now).value().remaining; }

  RateLimiter limiter;
  std::deque<RateLimiter::Grip> held;
};

// The shortage's promise: not before that time, and then.
inline void check_free_in(const RateLimiter& limiter, const RateShortage& shortage, SteadyTime now) {
  CHECK(shortage.free_in <= Millis(61'000));
  CHECK(shortage.free_in > Millis(0));
  CHECK(limiter.shortage(now + shortage.free_in - Millis(1)).has_value());
  CHECK_FALSE(limiter.shortage(now + shortage.free_in).has_value());
}

}  // namespace aigw::usage
