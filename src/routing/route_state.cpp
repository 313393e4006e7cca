#include "routing/route_state.h"

#include <algorithm>
#include <cmath>

#include "routing/moving_average.h"

namespace aigw::routing {
namespace {

constexpr std::int64_t kTokensMax = 10'000'000;

double sane(std::int64_t tokens) { return static_cast<double>(std::clamp<std::int64_t>(tokens, 0, kTokensMax)); }

}  // namespace

RouteState::RouteState(std::int64_t completion_tokens) : average_completion_tokens_(sane(completion_tokens)) {}

void RouteState::answered(std::int64_t completion_tokens) {
  const double value = sane(completion_tokens);
  double before = average_completion_tokens_.load(std::memory_order_relaxed);
  double after = 0;
  do {
    after = moving_average(before, value);
  } while (!average_completion_tokens_.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

std::int64_t RouteState::average_completion_tokens() const {
  return static_cast<std::int64_t>(std::ceil(average_completion_tokens_.load(std::memory_order_relaxed)));
}

}  // namespace aigw::routing
