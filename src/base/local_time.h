// Minutes on the clock on the wall, in the process's zone (TZ), and when they happen.
//
// With daylight saving a local minute may happen not at all or twice; this is the one place that says what
// then counts. Thread-safe as long as nobody changes TZ meanwhile.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace aigw {

using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

// What the clock shows at that time; seconds are cut off.
LocalMinute to_local(WallTime time);

// When the clock shows that minute: of two times the first; if the clock jumps over it, the time of the jump,
// which is the next minute that exists. Never decreases while `minute` grows.
WallTime first_instant(LocalMinute minute);

// When the hour that the clock shows at `time` began: `time` less the minutes that it shows, whatever it was set to
// meanwhile.
WallTime local_hour_begin(WallTime time);

}  // namespace aigw
