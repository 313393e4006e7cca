#include "base/cron.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/local_time.h"
#include "base/text.h"

namespace aigw {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr std::size_t kNamesMax = 12;

struct PartRule {
  const char* name;
  unsigned min;
  unsigned max;
  std::array<std::string_view, kNamesMax> names;  // of the values from `min` on
};

constexpr std::array<PartRule, Cron::kParts> kRules = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day", 1, 31, {}},
    {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"weekday", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}};

constexpr std::pair<std::string_view, std::string_view> kShorthands[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

std::string quoted(std::string_view text) {
  return std::string("\"").append(escape_control(shorten(text, 60))).append("\"");
}

// Reads one field; every error names it and shows its whole text.
class FieldParser {
 public:
  FieldParser(const PartRule& rule, std::string_view text) : rule_(rule), text_(text) {}

  Result<Cron::Field> parse() const {
    Cron::Field field;
    field.restricted = !starts_with(text_, "*");
    for (const std::string_view item : split(text_, ',')) {
      if (const Status status = add_item(item, field.allowed); !status) return status.error();
    }
    return field;
  }

 private:
  struct Range {
    unsigned first;
    unsigned last;
  };

  Error refused(const std::string& why) const { return invalid(rule_.name + (" " + quoted(text_)) + ": " + why); }

  Status add_item(std::string_view item, Cron::Allowed& allowed) const {
    const std::size_t slash = item.find('/');
    const Result<Range> range = read_range(item.substr(0, slash), slash != std::string_view::npos);
    if (!range) return range.error();
    unsigned step = 1;
    if (slash != std::string_view::npos) {
      const auto number = parse_uint(item.substr(slash + 1));
      if (!number || *number < 1 || *number > rule_.max) {
        return refused("the step after / must be from 1 to " + std::to_string(rule_.max));
      }
      step = static_cast<unsigned>(*number);
    }
    const bool sunday_is_zero = rule_.max == 7;
    for (unsigned value = range->first; value <= range->last; value += step) {
      allowed.set(sunday_is_zero && value == 7 ? 0 : value);
    }
    return Done{};
  }

  Result<Range> read_range(std::string_view text, bool has_step) const {
    if (text == "*") return Range{rule_.min, rule_.max == 7 ? 6 : rule_.max};
    const std::size_t dash = text.find('-');
    const Result<unsigned> first = read_value(text.substr(0, dash));
    if (!first) return first.error();
    if (dash == std::string_view::npos) {
      const unsigned end = rule_.max == 7 ? std::max(*first, 6U) : rule_.max;
      return Range{*first, has_step ? end : *first};
    }
    const std::string_view last_text = text.substr(dash + 1);
    const Result<unsigned> last = read_value(last_text);
    if (!last) return last.error();
    // As the end of a range Sunday's name means 7: `SAT-SUN` is the weekend.
    const unsigned end = iequals(last_text, "sun") && *first > 0 ? 7 : *last;
    if (end < *first) return refused("a range must not end before it begins");
    return Range{*first, end};
  }

  Result<unsigned> read_value(std::string_view text) const {
    if (const auto number = parse_uint(text)) {
      if (*number >= rule_.min && *number <= rule_.max) return static_cast<unsigned>(*number);
      return refused("must be from " + std::to_string(rule_.min) + " to " + std::to_string(rule_.max));
    }
    for (std::size_t i = 0; i < kNamesMax && !text.empty(); ++i) {
      if (iequals(text, rule_.names[i])) return rule_.min + static_cast<unsigned>(i);
    }
    if (text.empty()) return refused("a value is missing");
    return refused(quoted(text) + " is not a number" + (rule_.names[0].empty() ? "" : " or a name"));
  }

  const PartRule& rule_;
  std::string_view text_;
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!(text = trim(text)).empty()) {
    const std::size_t end = text.find_first_of(" \t\r\n");
    words.push_back(text.substr(0, end));
    text.remove_prefix(words.back().size());
  }
  return words;
}

bool day_fits(const Cron::Fields& fields, const local_days& day) {
  const year_month_day date{day};
  const bool by_day = fields[Cron::kDay].allowed.test(static_cast<unsigned>(date.day()));
  const bool by_weekday = fields[Cron::kWeekday].allowed.test(std::chrono::weekday{day}.c_encoding());
  const bool either = fields[Cron::kDay].restricted && fields[Cron::kWeekday].restricted;
  return either ? by_day || by_weekday : by_day && by_weekday;
}

bool month_fits(const Cron::Fields& fields, const year_month_day& date) {
  return fields[Cron::kMonth].allowed.test(static_cast<unsigned>(date.month()));
}

// Every weekday falls on every date sooner or later, so only months shorter than the days asked for are in the way.
bool can_fire(const Cron::Fields& fields) {
  constexpr std::array<unsigned, 13> kLongest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (fields[Cron::kDay].restricted && fields[Cron::kWeekday].restricted) return true;
  for (unsigned month = 1; month <= 12; ++month) {
    for (unsigned day = 1; fields[Cron::kMonth].allowed.test(month) && day <= kLongest[month]; ++day) {
      if (fields[Cron::kDay].allowed.test(day)) return true;
    }
  }
  return false;
}

// The smallest allowed value from `from` to `to`.
std::optional<int> first_in(const Cron::Allowed& allowed, int from, int to) {
  for (int value = from; value <= to; ++value) {
    if (allowed.test(static_cast<std::size_t>(value))) return value;
  }
  return std::nullopt;
}

// The largest allowed value that is not above `from`.
std::optional<int> last_in(const Cron::Allowed& allowed, int from) {
  for (int value = from; value >= 0; --value) {
    if (allowed.test(static_cast<std::size_t>(value))) return value;
  }
  return std::nullopt;
}

// The first fitting minute of a day that is not before `from`.
std::optional<minutes> first_of_day(const Cron::Fields& fields, minutes from) {
  auto hour = static_cast<int>(floor<hours>(from).count());
  auto minute = static_cast<int>((from - hours{hour}).count());
  for (; hour <= 23; ++hour, minute = 0) {
    if (!fields[Cron::kHour].allowed.test(static_cast<std::size_t>(hour))) continue;
    if (const auto found = first_in(fields[Cron::kMinute].allowed, minute, 59)) return hours{hour} + minutes{*found};
  }
  return std::nullopt;
}

// The last fitting minute of a day that is not after `from`.
std::optional<minutes> last_of_day(const Cron::Fields& fields, minutes from) {
  auto hour = static_cast<int>(floor<hours>(from).count());
  auto minute = static_cast<int>((from - hours{hour}).count());
  for (; hour >= 0; --hour, minute = 59) {
    if (!fields[Cron::kHour].allowed.test(static_cast<std::size_t>(hour))) continue;
    if (const auto found = last_in(fields[Cron::kMinute].allowed, minute)) return hours{hour} + minutes{*found};
  }
  return std::nullopt;
}

// The first fitting local minute at or after `from`. It ends: can_fire() holds for everything that was parsed,
// and the rarest date, a certain weekday on 29 February, comes at least every 40 years.
LocalMinute first_fit(const Cron::Fields& fields, LocalMinute from) {
  local_days day = floor<days>(from);
  minutes time = from - day;
  for (;; time = minutes{0}) {
    const year_month_day date{day};
    if (!month_fits(fields, date)) {
      day = local_days{date.year() / date.month() / 1 + std::chrono::months{1}};
      continue;
    }
    if (day_fits(fields, day)) {
      if (const auto found = first_of_day(fields, time)) return day + *found;
    }
    day += days{1};
  }
}

// The last fitting local minute at or before `from`.
LocalMinute last_fit(const Cron::Fields& fields, LocalMinute from) {
  constexpr minutes kLastOfDay = hours{24} - minutes{1};
  local_days day = floor<days>(from);
  minutes time = from - day;
  for (;; time = kLastOfDay) {
    const year_month_day date{day};
    if (!month_fits(fields, date)) {
      day = local_days{date.year() / date.month() / 1} - days{1};
      continue;
    }
    if (day_fits(fields, day)) {
      if (const auto found = last_of_day(fields, time)) return day + *found;
    }
    day -= days{1};
  }
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  std::vector<std::string_view> words = words_of(text);
  if (words.size() == 1 && words[0].front() == '@') {
    const auto known = std::find_if(std::begin(kShorthands), std::end(kShorthands),
                                    [&](const auto& shorthand) { return iequals(shorthand.first, words[0]); });
    if (known == std::end(kShorthands)) {
      return invalid("unknown word " + quoted(words[0]) +
                     ", known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually");
    }
    words = words_of(known->second);
  }
  if (words.size() != kParts) {
    return invalid("expected five fields (minute hour day month weekday), got " + std::to_string(words.size()));
  }
  Fields fields;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Result<Field> field = FieldParser(kRules[part], words[part]).parse();
    if (!field) return field.error();
    fields[part] = *field;
  }
  if (!can_fire(fields)) {
    return invalid("day " + quoted(words[kDay]) + ": no such day in month " + quoted(words[kMonth]));
  }
  return Cron(fields);
}

WallTime Cron::next_after(WallTime time) const {
  LocalMinute minute = to_local(time);
  WallTime firing;
  // More than one step only in an hour that comes twice: its minutes have fired the first time.
  do {
    minute = first_fit(fields_, minute + minutes{1});
    firing = first_instant(minute);
  } while (firing <= time);
  return firing;
}

WallTime Cron::last_at_or_before(WallTime time) const {
  WallTime firing = first_instant(last_fit(fields_, to_local(time)));
  // In an hour that comes twice, the clock shows an earlier minute than one that has fired already.
  for (WallTime later = next_after(firing); later <= time; later = next_after(firing)) firing = later;
  return firing;
}

}  // namespace aigw
