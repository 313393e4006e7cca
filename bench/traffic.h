// Requests as a small company might make them: quiet nights and weekends, busy and lazy days, and bursts when somebody
// runs a batch.
//
// Pure: equal arguments give equal requests, on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace bench {

struct Arrival {
  aigw::WallTime time;
  std::int64_t tokens;  // prompt and completion, >= 200
};

// Requests over whole days from `begin`, a Monday's midnight, in the order of their times; `per_day` is the mean.
std::vector<Arrival> synthetic_traffic(aigw::WallTime begin, int days, double per_day, std::uint64_t seed);

}  // namespace bench
