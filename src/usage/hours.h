// What a counter was used for in each clock hour, by key, until the history files have it (history.h); and from that,
// how fast it was used in the last hour.
//
// The totals of this hour and the last one stay, for the pace. They are part of the counter's file, so that a total is
// counted as exactly as the counter itself.
//
// A plain value of its counter, which guards it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "usage/counts.h"

namespace aigw::usage {

// What was used in one clock hour (of the zone of TZ) with one key.
struct HourTotal {
  WallTime hour;         // when the hour began
  WallTime first;        // when the first of it was counted, to the millisecond. Tells this total from another one of
                         // the same hour and key, which there is only if the clock was set back or a file deleted
  std::string key;
  Counts used;
  Millis duration{0};    // of its requests together
  bool written = false;  // the history files have it
};

class Hours {
 public:
  void add(const Used& used, WallTime now);
  void add_error(std::string_view key, WallTime now);

  // Of the hour before `now`: this clock hour's use, and the part of the last one's that it does not cover.
  Pace pace(WallTime now) const;

  // Totals of hours that were over at `now` and are not written.
  std::vector<HourTotal> finished(WallTime now) const;
  // Those totals, as they were given, are written, or nobody wants them.
  void set_written(const std::vector<HourTotal>& totals);
  // Drops what is written and older than the last hour.
  void forget(WallTime now);

  const std::vector<HourTotal>& totals() const { return totals_; }
  void restore(std::vector<HourTotal> totals) { totals_ = std::move(totals); }

 private:
  // Of the hour of `now`. Should writing fail for weeks, the oldest makes room.
  HourTotal& total(std::string_view key, WallTime now);

  std::vector<HourTotal> totals_;  // by their beginning
  WallTime hour_{};                // the hour that `now` was in last: asking the zone costs a lock in the C library
};

}  // namespace aigw::usage
