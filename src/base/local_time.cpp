#include "base/local_time.h"

#include <algorithm>
#include <ctime>

namespace aigw {
namespace {

using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;
using Instant = std::chrono::sys_time<seconds>;
using LocalSecond = std::chrono::local_time<seconds>;

// Zones are at most 14 hours off UTC, and one jumped a whole day (Samoa, December 2011): what lies this far
// on either side of a local time was surely before, or after, any change that touches it.
constexpr std::chrono::hours kFar{38};

LocalSecond local_second(Instant instant) {
  const std::time_t time = instant.time_since_epoch().count();
  std::tm fields{};
  localtime_r(&time, &fields);
  const std::chrono::year_month_day date{std::chrono::year{fields.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(fields.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(fields.tm_mday)}};
  return std::chrono::local_days{date} + std::chrono::hours{fields.tm_hour} + minutes{fields.tm_min} +
         seconds{fields.tm_sec};
}

// The first instant at which the clock shows `wanted` or more. Precondition: it shows less at `before`, not
// less at `after`, and in between it goes backwards nowhere.
Instant jump_over(LocalSecond wanted, Instant before, Instant after) {
  while (after - before > seconds{1}) {
    const Instant middle = before + (after - before) / 2;
    (local_second(middle) < wanted ? before : after) = middle;
  }
  return after;
}

}  // namespace

LocalMinute to_local(WallTime time) { return floor<minutes>(local_second(floor<seconds>(time))); }

WallTime local_hour_begin(WallTime time) {
  const LocalSecond local = local_second(floor<seconds>(time));
  return floor<seconds>(time) - (local - floor<std::chrono::hours>(local));
}

WallTime first_instant(LocalMinute minute) {
  const Instant as_if_utc{minute.time_since_epoch()};
  const Instant before = as_if_utc - kFar;
  const Instant after = as_if_utc + kFar;
  const seconds offset_before = local_second(before).time_since_epoch() - before.time_since_epoch();
  const seconds offset_after = local_second(after).time_since_epoch() - after.time_since_epoch();
  const Instant earlier = as_if_utc - std::max(offset_before, offset_after);
  const Instant later = as_if_utc - std::min(offset_before, offset_after);
  if (local_second(earlier) == minute) return earlier;
  if (local_second(later) == minute) return later;
  return jump_over(minute, before, after);
}

}  // namespace aigw
