// When something recurs: a cron expression of five fields, `minute hour day month weekday`, in the process's
// local zone (TZ).
//
// Each field is `*`, a value, a range `1-5`, a step `*/15`, `1-20/3`, `5/10` (from 5 to the end), or a list of
// those. Months and weekdays have names (JAN, mon, …); Sunday is 0 or 7. If both day fields are restricted, a
// day that fits either fires; a day field that begins with `*` is not restricted (crontab(5)). Also understood:
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. What can never fire (`0 0 31 2 *`) is
// refused.
//
// Daylight saving: a time that the clock jumps over fires at the jump, once; one that comes twice fires the
// first time only (base/local_time.h).
//
// Immutable, so any thread may use it.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace aigw {

class Cron {
 public:
  // An error names the field and the text in it: `hour "25": must be from 0 to 23`.
  static Result<Cron> parse(std::string_view text);

  // The first firing after `time`, never `time` itself; full minutes.
  WallTime next_after(WallTime time) const;
  // The last firing that is not after `time`.
  WallTime last_at_or_before(WallTime time) const;

  // What one field allows; bit n is the value n.
  using Allowed = std::bitset<60>;
  struct Field {
    Allowed allowed;
    bool restricted = false;  // does not begin with `*`
    bool operator==(const Field&) const = default;
  };
  enum Part : std::size_t { kMinute, kHour, kDay, kMonth, kWeekday, kParts };
  using Fields = std::array<Field, kParts>;

  // Whether both fire at the same times, as far as their fields tell.
  bool operator==(const Cron&) const = default;

 private:
  explicit Cron(const Fields& fields) : fields_(fields) {}

  Fields fields_;
};

}  // namespace aigw
