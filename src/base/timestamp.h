// Points in time as people read them: ISO 8601, local time with its offset, to the second
// (`2024-01-15T00:00:00+01:00`).
//
// Stateless; thread-safe as long as nobody changes TZ meanwhile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace aigw {

std::string format_timestamp(WallTime time);

// The same without the offset (`2024-01-15T00:00:00`), as /admin shows times: in the zone of TZ, which is the reader's.
std::string format_local_time(WallTime time);

// Any offset (`+01:00`, `-03:30`, `Z`) and no fraction; nothing for another text, or a year outside 1970..2200.
std::optional<WallTime> parse_timestamp(std::string_view text);

// What a day alone stands for: its begin, or its end, which is the begin of the next one.
enum class DayMeans { Begin, End };

// As people write times: the above, the same without an offset (local time; base/local_time.h says what counts where
// the clock is changed), or a local day (`2024-01-15`).
std::optional<WallTime> parse_day_or_time(std::string_view text, DayMeans day_means);

}  // namespace aigw
