#include "base/header_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace aigw {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Millis kDurationMax = hours(366 * 24);

// The number that `text` begins with (`12`, `7.66`; no sign, no exponent), taken off it; nothing if there is none.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

Millis rounded_up(double wait_ms) {
  constexpr double kNoise = 1e-6;  // 16.12 * 1e3 is a little more than 16120 in binary
  const double most = static_cast<double>(kDurationMax.count());
  return Millis(static_cast<Millis::rep>(std::ceil(std::min(wait_ms, most) - kNoise)));
}

}  // namespace

std::optional<Millis> parse_count(std::string_view text, double unit_ms) {
  text = trim(text);
  const std::optional<double> count = take_number(text);
  if (!count || !text.empty()) return std::nullopt;
  return rounded_up(*count * unit_ms);
}

std::optional<Millis> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  // A name that begins with another one stands before it.
  static constexpr std::array<Unit, 8> kUnits{{{"ms", 1},
                                               {"us", 1e-3},
                                               {"µs", 1e-3},
                                               {"ns", 1e-6},
                                               {"d", 86'400e3},
                                               {"h", 3'600e3},
                                               {"m", 60e3},
                                               {"s", 1e3}}};
  if (const auto bare = parse_count(text, 1e3)) return bare;
  text = trim(text);
  if (text.empty()) return std::nullopt;
  double total_ms = 0;
  while (!text.empty()) {
    const std::optional<double> count = take_number(text);
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& candidate) { return starts_with(text, candidate.name); });
    if (!count || unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total_ms += *count * unit->ms;
  }
  return rounded_up(total_ms);
}

std::string format_duration(Millis duration) {
  if (duration <= Millis(0)) return "0s";
  if (duration < seconds(1)) return std::to_string(duration.count()) + "ms";
  const auto hour = std::chrono::duration_cast<hours>(duration);
  const auto minute = std::chrono::duration_cast<minutes>(duration - hour);
  const auto second = std::chrono::duration_cast<seconds>(duration - hour - minute);
  std::string text;
  if (hour.count() > 0) text += std::to_string(hour.count()) + 'h';
  if (duration >= minutes(1)) text += std::to_string(minute.count()) + 'm';
  text += std::to_string(second.count());
  if (const auto rest = (duration % seconds(1)).count(); rest > 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += '.' + digits;
  }
  return text + 's';
}

// All fields stand at fixed places. The day's name is not checked, it adds nothing.
std::optional<std::chrono::sys_time<Millis>> parse_http_date(std::string_view text) {
  constexpr std::string_view kShape = "aaa, 00 aaa 0000 00:00:00 GMT";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool fits = kShape[i] == '0' ? digit : kShape[i] == 'a' || kShape[i] == text[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    return static_cast<unsigned>(*parse_uint(text.substr(at, digits)));
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(12, 4))),
                                        std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                        std::chrono::day(number(5, 2))};
  const unsigned hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second
  return std::chrono::sys_days(day) + hours(hour) + minutes(minute) + seconds(second);
}

std::optional<Millis> parse_retry_after(std::string_view text, WallTime now) {
  if (const auto wait = parse_count(text, 1e3)) return wait;
  const auto date = parse_http_date(trim(text));
  if (!date) return std::nullopt;
  return std::clamp<Millis>(*date - std::chrono::floor<Millis>(now), Millis(0), kDurationMax);
}

}  // namespace aigw
