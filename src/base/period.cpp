#include "base/period.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace aigw {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::days{366};
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kNever = "never";

// The length of one unit, by its letter.
std::optional<seconds> unit_of(std::string_view letter) {
  if (letter == "m") return std::chrono::minutes{1};
  if (letter == "h") return std::chrono::hours{1};
  if (letter == "d") return std::chrono::days{1};
  if (letter == "w") return std::chrono::weeks{1};
  return std::nullopt;
}

Result<seconds> parse_length(std::string_view text) {
  const auto refused = [&](const char* why) {
    return invalid("\"" + escape_control(shorten(text, 60)) + "\": " + why);
  };
  const std::string_view digits = text.substr(0, text.find_first_not_of(kDigits));
  const std::optional<seconds> unit = unit_of(text.substr(digits.size()));
  if (digits.empty() || !unit) return refused("expected a time like 90m, 5h, 7d or 2w, or never");
  // Digits that are no number are too many.
  const auto number = parse_uint(digits);
  const auto number_max = static_cast<std::uint64_t>(kLongest / *unit);
  if (!number || *number < 1 || *number > number_max) return refused("must be from 1m to 366d");
  return static_cast<std::int64_t>(*number) * *unit;
}

bool looks_like_length(std::string_view trimmed) {
  return kDigits.find(trimmed.front()) != std::string_view::npos &&
         trimmed.find_first_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Result<Period> Period::parse(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return Period();
  if (trimmed == kNever || looks_like_length(trimmed)) return parse_duration(trimmed);
  const Result<Cron> cron = Cron::parse(trimmed);
  if (!cron) return cron.error();
  Period period;
  period.text_ = trimmed;
  period.cron_ = *cron;
  return period;
}

Result<Period> Period::parse_duration(std::string_view text) {
  Period period;
  period.text_ = trim(text);
  if (period.text_ == kNever) return period;
  const Result<seconds> length = parse_length(period.text_);
  if (!length) return length.error();
  period.length_ = *length;
  return period;
}

WallTime Period::begin_at(WallTime time) const {
  return cron_ ? cron_->last_at_or_before(time) : std::chrono::floor<seconds>(time);
}

std::optional<WallTime> Period::end_after(WallTime begin, WallTime time) const {
  if (cron_) return cron_->next_after(std::max(begin, time));
  if (length_) return begin + *length_;
  return std::nullopt;
}

}  // namespace aigw
