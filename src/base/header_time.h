// Times as header fields of HTTP write them: durations, dates. What can't be read, or is negative, is nothing.
//
// Pure functions, from any thread. Durations are at most 366 days, so that sums do not overflow.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace aigw {

// A bare number of units of `unit_ms` milliseconds (`30`, `7.66`), rounded up to milliseconds.
std::optional<Millis> parse_count(std::string_view text, double unit_ms);

// A duration as Go prints it (time.Duration.String), which is how OpenAI writes it: `1s`, `6m0s`, `120ms`, `7.66s` at
// Groq; or bare seconds, as Azure does. Rounded up to milliseconds.
std::optional<Millis> parse_duration(std::string_view text);

// The same the other way: `0s` for what is not positive, `120ms` below a second, else `6m0s`, `1.5s`.
std::string format_duration(Millis duration);

// RFC 9110 §5.6.7 as it is written today (IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`); the two obsolete forms are not
// read. In milliseconds because the system clock's nanoseconds end in the year 2262.
std::optional<std::chrono::sys_time<Millis>> parse_http_date(std::string_view text);

// `Retry-After`: seconds, or a date, of which the time from `now` on is left, at least 0.
std::optional<Millis> parse_retry_after(std::string_view text, WallTime now);

}  // namespace aigw
