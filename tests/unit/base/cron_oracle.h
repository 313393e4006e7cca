// When an expression of cron fires, found out as plainly as it gets: the C library says what the clock on the wall
// shows in every single minute, and a matcher without any search says which of these minutes are meant. Knows nothing
// of base/cron and base/local_time.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <ctime>
#include <doctest/doctest.h>
#include <sstream>
#include <string>
#include <vector>

namespace aigw::oracle {

using Minute = std::int64_t;  // minutes since 1970: in UTC of a moment, or as the clock on the wall shows them

constexpr Minute kHour = 60;
constexpr Minute kDay = 24 * kHour;

// ---- what the clock showed -----------------------------------------------------------------------------------

struct WallClock {
  Minute begin = 0;             // the moments that were gone through
  Minute end = 0;
  Minute offset = 0;            // from UTC at `begin`
  Minute first = 0;             // what the clock showed at `begin`
  std::vector<Minute> moments;  // [n]: when the clock first showed `first` + n, or had first jumped over it
  std::vector<Minute> changes;  // when its offset from UTC became another one
};

inline Minute new_year(int year) {
  std::tm fields{};
  fields.tm_year = year - 1900;
  fields.tm_mday = 1;
  return timegm(&fields) / 60;
}

inline Minute offset_at(Minute moment) {
  const std::time_t time = moment * 60;
  std::tm fields{};
  localtime_r(&time, &fields);
  return fields.tm_gmtoff / 60;
}

// Goes through every minute of these years in the process's zone. `moments` grows when the clock shows more than it
// ever did: by one, by many where it jumps forward, not at all while it shows an hour for the second time.
inline WallClock watch(int year, int years) {
  WallClock clock;
  clock.begin = new_year(year);
  clock.end = new_year(year + years);
  clock.offset = offset_at(clock.begin);
  clock.first = clock.begin + clock.offset;
  clock.moments.reserve(static_cast<std::size_t>(clock.end - clock.begin + kDay));
  Minute offset = clock.offset;
  Minute next = clock.first;
  for (Minute moment = clock.begin; moment < clock.end; ++moment) {
    const Minute offset_now = offset_at(moment);
    if (offset_now != offset) clock.changes.push_back(moment);
    offset = offset_now;
    for (; next <= moment + offset; ++next) clock.moments.push_back(moment);
  }
  return clock;
}

// ---- what an expression means --------------------------------------------------------------------------------

struct Field {
  int min;
  int max;  // where `*` ends; a weekday may be 7, too
  std::vector<std::string> names;
};
enum Part : std::size_t { kMinutePart, kHourPart, kDayPart, kMonthPart, kWeekdayPart, kParts };

inline const Field kFields[kParts] = {
    {0, 59, {}},
    {0, 23, {}},
    {1, 31, {}},
    {1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {0, 6, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
};

inline std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string piece; std::getline(stream, piece, separator);) found.push_back(piece);
  return found;
}

inline int value_of(const std::string& text, const Field& field) {
  if (std::isdigit(static_cast<unsigned char>(text[0])) != 0) return std::stoi(text);
  std::string lower;
  for (const char letter : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const auto name = std::find(field.names.begin(), field.names.end(), lower);
  REQUIRE_MESSAGE(name != field.names.end(), text);
  return field.min + static_cast<int>(name - field.names.begin());
}

// `*`, `value`, `first-last`, each with or without `/step`.
inline bool item_allows(const std::string& item, const Field& field, int value) {
  const std::vector<std::string> range_and_step = pieces(item, '/');
  const bool stepped = range_and_step.size() == 2;
  const int step = stepped ? std::stoi(range_and_step[1]) : 1;
  int first = field.min;
  int last = field.max;
  if (range_and_step[0] != "*") {
    const std::vector<std::string> ends = pieces(range_and_step[0], '-');
    first = value_of(ends[0], field);
    if (ends.size() == 2) {
      last = value_of(ends[1], field);
      if (last < first) last = 7;  // the one range that seems to go backwards is one to Sunday, `sat-sun`
    } else if (!stepped || first > last) {
      last = first;
    }
  }
  return first <= value && value <= last && (value - first) % step == 0;
}

class Matcher {
 public:
  explicit Matcher(const std::string& five_fields) {
    const std::vector<std::string> texts = pieces(five_fields, ' ');
    REQUIRE(texts.size() == kParts);
    for (std::size_t part = 0; part < kParts; ++part) {
      for (const std::string& item : pieces(texts[part], ',')) {
        for (int value = 0; value < 60; ++value) {
          if (item_allows(item, kFields[part], value)) allowed_[part][static_cast<std::size_t>(value)] = true;
        }
      }
    }
    if (allowed_[kWeekdayPart][7]) allowed_[kWeekdayPart][0] = true;  // Sunday has two numbers
    either_day_ = texts[kDayPart][0] != '*' && texts[kWeekdayPart][0] != '*';
  }

  bool allows(Part part, Minute value) const { return allowed_[part][static_cast<std::size_t>(value)]; }

  bool allows_date(const std::tm& date) const {
    const bool by_day = allows(kDayPart, date.tm_mday);
    const bool by_weekday = allows(kWeekdayPart, date.tm_wday);
    const bool day_fits = either_day_ ? by_day || by_weekday : by_day && by_weekday;
    return day_fits && allows(kMonthPart, date.tm_mon + 1);
  }

 private:
  std::array<std::array<bool, 60>, kParts> allowed_{};
  bool either_day_ = false;
};

// Each minute on the clock that fits fires at its moment; those that the clock jumped over share one.
inline std::vector<Minute> firings_of(const Matcher& matcher, const WallClock& clock) {
  std::vector<Minute> firings;
  const Minute end = clock.first + static_cast<Minute>(clock.moments.size());
  for (Minute day = clock.first / kDay * kDay; day < end; day += kDay) {
    const std::time_t time = day * 60;
    std::tm date{};
    gmtime_r(&time, &date);
    if (!matcher.allows_date(date)) continue;
    for (Minute hour = 0; hour < 24; ++hour) {
      if (!matcher.allows(kHourPart, hour)) continue;
      for (Minute minute = 0; minute < 60; ++minute) {
        const Minute shown = day + hour * kHour + minute;
        if (!matcher.allows(kMinutePart, minute) || shown < clock.first || shown >= end) continue;
        const Minute moment = clock.moments[static_cast<std::size_t>(shown - clock.first)];
        if (firings.empty() || firings.back() != moment) firings.push_back(moment);
      }
    }
  }
  return firings;
}

}  // namespace aigw::oracle
