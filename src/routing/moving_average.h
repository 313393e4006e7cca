// An average in which older values count less and less.
#pragma once

namespace aigw::routing {

// The average after one more value. `before` is 0 as long as there was none.
inline double moving_average(double before, double value) {
  constexpr double kNewestShare = 0.1;
  return before == 0 ? value : before + kNewestShare * (value - before);
}

}  // namespace aigw::routing
