// What is left of the quotas that an exchange is held against, and how long that will do at the present pace.
//
// Pure functions on what counters show.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "usage/counts.h"

namespace aigw::usage {

// What is left. Nothing in the place of a limit that does not exist.
struct Remaining {
  std::optional<std::int64_t> requests;  // >= 0
  std::optional<std::int64_t> tokens;
  std::optional<NanoDollars> cost;
};

struct Forecast {
  Remaining remaining;
  std::optional<WallTime> next_reset;
  // When a limit will be reached at the pace of the last hour; `now` if it is; nothing if it lasts until its reset.
  std::optional<WallTime> exhausted_at;
  // When what is unused is lost: at the next reset; for a rolling window that waits, when it would end if it began now.
  // Of several windows: when not using them begins to cost something. That five hours end costs nothing while the
  // week's limit can still be reached after them.
  std::optional<WallTime> expires;
  double unused_share = 1;  // what will be left by then at that pace, as a share of the limit, 0..1
  bool limited() const { return remaining.requests || remaining.tokens || remaining.cost; }
};

// Of one window.
Forecast forecast(const WindowState& window, const Pace& pace, WallTime now);

// Of all windows of all these counters together: the least that remains, the soonest reset and exhaustion, the smallest
// share. Windows without a limit count for nothing.
Forecast forecast(const std::vector<CounterState>& counters, WallTime now);

}  // namespace aigw::usage
