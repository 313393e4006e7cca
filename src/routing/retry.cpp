#include "routing/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/text.h"

namespace aigw::routing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Millis kRateLimitCooldown = seconds(30);
constexpr Millis kAuthCooldown = seconds(60);
constexpr Millis kCooldownMax = hours(1);
constexpr Millis kBackoffFirst{100};
constexpr Millis kBackoffMax = seconds(2);
constexpr Millis kHintMax = hours(366 * 24);

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
  return Millis(static_cast<Millis::rep>(std::ceil(std::min(wait_ms, static_cast<double>(kHintMax.count())) - kNoise)));
}

// A bare number of units of `unit_ms`.
std::optional<Millis> parse_count(std::string_view text, double unit_ms) {
  text = trim(text);
  const std::optional<double> count = take_number(text);
  if (!count || !text.empty()) return std::nullopt;
  return rounded_up(*count * unit_ms);
}

// A duration as Go prints it (time.Duration.String), which is how OpenAI writes it.
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

// IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`: all fields at fixed places. The day's name is not checked, it adds
// nothing. In milliseconds because the system clock's nanoseconds end in the year 2262.
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
  return std::chrono::sys_days(day) + hours(hour) + std::chrono::minutes(minute) + seconds(second);
}

std::optional<Millis> parse_retry_after(std::string_view text, WallTime now) {
  if (const auto wait = parse_count(text, 1e3)) return wait;
  const auto date = parse_http_date(trim(text));
  if (!date) return std::nullopt;
  return std::clamp<Millis>(*date - std::chrono::floor<Millis>(now), Millis(0), kHintMax);
}

// The wait for one of OpenAI's limits, unless it has something left: then it is not the one that refused us.
std::optional<Millis> reset_of(std::string_view reset, std::string_view remaining) {
  const std::optional<std::uint64_t> left = parse_uint(trim(remaining));
  if (left && *left > 0) return std::nullopt;
  return parse_duration(reset);
}

}  // namespace

Next after_status(int status) {
  if (status >= 200 && status <= 299) return Next::Answer;
  if (status == 401 || status == 402 || status == 403 || status == 429) return Next::Switch;
  if (status == 408) return Next::Retry;
  if (status >= 400 && status <= 499) return Next::Answer;
  return Next::Retry;
}

Next after_error(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Refused:
    case ErrorKind::Broken:
    case ErrorKind::Garbled:
    case ErrorKind::TlsFailed:
    case ErrorKind::TimedOut: return Next::Retry;
    case ErrorKind::BadRequest:
    case ErrorKind::ClientGone: return Next::Answer;
    case ErrorKind::NotFound:
    case ErrorKind::TooLarge:
    case ErrorKind::Unavailable:
    case ErrorKind::Io:
    case ErrorKind::Invalid: break;
  }
  return Next::Switch;
}

std::optional<Millis> cooldown_after(int status, std::optional<Millis> hint) {
  switch (status) {
    case 402:
    case 429: return std::clamp(hint.value_or(kRateLimitCooldown), Millis(0), kCooldownMax);
    case 401:
    case 403: return kAuthCooldown;
    default: return std::nullopt;
  }
}

std::optional<Millis> wait_hint(const RateLimitHeaders& headers, WallTime now) {
  if (const auto wait = parse_count(headers.retry_after_ms, 1)) return wait;
  if (const auto wait = parse_retry_after(headers.retry_after, now)) return wait;
  // An empty optional is less than any value.
  return std::max(reset_of(headers.reset_requests, headers.remaining_requests),
                  reset_of(headers.reset_tokens, headers.remaining_tokens));
}

Millis backoff(int retry, std::optional<Millis> hint, std::uint64_t random) {
  if (hint && *hint >= Millis(0) && *hint <= kBackoffMax) return *hint;
  Millis whole = kBackoffFirst;
  for (int i = 1; i < retry && whole < kBackoffMax; ++i) whole *= 2;
  whole = std::min(whole, kBackoffMax);
  const Millis half = whole / 2;
  return half + Millis(static_cast<Millis::rep>(random % (static_cast<std::uint64_t>(half.count()) + 1)));
}

}  // namespace aigw::routing
