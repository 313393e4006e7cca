// What the gateway remembers of one route while it runs: how long its answers are. Kept by model name over reloads.
//
// Thread-safe, without a lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace aigw::routing {

class RouteState {
 public:
  // `completion_tokens`: what an answer has used on average until now, if that is known from elsewhere; else 0.
  explicit RouteState(std::int64_t completion_tokens = 0);

  // An answer used so many tokens. Counts out of 0..10,000,000 are taken for the nearest one within: no answer is
  // longer, and a provider's slip must not swell the estimates of the next hundred requests.
  void answered(std::int64_t completion_tokens);

  // Exponential moving average, rounded up: the first value whole, then a tenth of each new one. 0: nothing is known.
  std::int64_t average_completion_tokens() const;

 private:
  std::atomic<double> average_completion_tokens_;
};

}  // namespace aigw::routing
