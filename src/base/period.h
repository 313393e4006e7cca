// When a quota begins anew: at the firings of a cron (`0 0 * * *`, base/cron.h), some time after the first use of a
// rolling window (`90m`, `5h`, `7d`, `2w`), or never (`never`; also an empty text, which stands for no quota at all).
//
// Immutable, so any thread may use it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/cron.h"
#include "base/result.h"

namespace aigw {

class Period {
 public:
  // Never ends.
  Period() = default;
  // "" and `never`: never ends. A text of one word that begins with a digit is a duration, from a minute to 366 days,
  // in whole minutes, hours, days (24 h) or weeks; any other text is a cron. An error says what is wrong with the text.
  static Result<Period> parse(std::string_view text);
  // Nothing but a duration or `never`.
  static Result<Period> parse_duration(std::string_view text);

  // As it was parsed, blanks around it taken off.
  const std::string& text() const { return text_; }

  // Whether both mean the same, whatever their texts. `never` is not the empty one: it belongs to a quota.
  bool operator==(const Period& other) const {
    return cron_ == other.cron_ && length_ == other.length_ && text_.empty() == other.text_.empty();
  }

  // Whether periods begin with the first use; a cron's follow each other without a gap.
  bool rolls() const { return length_.has_value(); }
  // When the period that holds `time` began: a cron's last firing, else `time` itself, in full seconds.
  WallTime begin_at(WallTime time) const;
  // When a period ends that is under way at `time` and began at `begin` (<= time but for clocks that were set back):
  // a cron's next firing after both, the length after `begin`, nothing if never.
  std::optional<WallTime> end_after(WallTime begin, WallTime time) const;

 private:
  std::string text_;
  std::optional<Cron> cron_;
  std::optional<std::chrono::seconds> length_;
};

}  // namespace aigw
