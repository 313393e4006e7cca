#include "base/timestamp.h"

#include <array>
#include <charconv>
#include <ctime>
#include <string>

#include "base/local_time.h"

namespace aigw {
namespace {

// Reads exactly `digits` decimal digits from the front of `text`; nothing leaves `text` unspecified.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// `Z` or `+hh:mm`, up to the end of the text.
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes(0);
  const bool west = take_char(text, '-');
  if (!west && !take_char(text, '+')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !text.empty()) return std::nullopt;
  const auto offset = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return west ? -offset : offset;
}

// What a clock shows that `as_if_utc` was read from.
LocalMinute local_minute(WallTime as_if_utc) {
  return LocalMinute{std::chrono::floor<std::chrono::minutes>(as_if_utc).time_since_epoch()};
}

std::string format(WallTime time, const char* pattern) {
  const std::time_t unix_time = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  std::array<char, 40> text{};
  if (localtime_r(&unix_time, &local) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), pattern, &local)};
}

}  // namespace

std::string format_timestamp(WallTime time) {
  std::string result = format(time, "%Y-%m-%dT%H:%M:%S%z");
  if (result.size() > 2) result.insert(result.size() - 2, 1, ':');  // strftime writes +0100, ISO's long form is +01:00
  return result;
}

std::string format_local_time(WallTime time) { return format(time, "%Y-%m-%dT%H:%M:%S"); }

std::optional<WallTime> parse_timestamp(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || *year < 1970 || *year > 2200 || !take_char(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_char(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take_char(text, 'T')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take_char(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto offset = take_offset(text);
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!offset || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) - *offset;
}

std::optional<WallTime> parse_day_or_time(std::string_view text, DayMeans day_means) {
  using std::chrono::days;
  if (const auto time = parse_timestamp(text)) return time;
  const std::string written(text);
  if (const auto time = parse_timestamp(written + "Z")) {
    return first_instant(local_minute(*time)) + (*time - std::chrono::floor<std::chrono::minutes>(*time));
  }
  if (const auto day = parse_timestamp(written + "T00:00:00Z")) {
    return first_instant(local_minute(*day) + (day_means == DayMeans::End ? days{1} : days{0}));
  }
  return std::nullopt;
}

}  // namespace aigw
