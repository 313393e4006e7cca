#include "base/cron.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

#include "base/local_time.h"
#include "base/zone.h"

namespace aigw {
namespace {

Cron cron(const std::string& text) {
  const Result<Cron> parsed = Cron::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

struct Row {
  const char* zone;
  std::string expression;
  std::string from;
  std::string want;
};

}  // namespace

TEST_SUITE("base/cron") {

TEST_CASE("the next firing is the first one after a time") {
  const Row rows[] = {
      {kUtc, "* * * * *", "2024-05-06 07:08 +00:00", "2024-05-06 07:09 +00:00"},
      {kUtc, "* * * * *", "2024-05-06 07:08:59 +00:00", "2024-05-06 07:09 +00:00"},
      {kUtc, "0 0 * * *", "2024-05-06 00:00 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "0 0 * * *", "2024-05-05 23:59:59 +00:00", "2024-05-06 00:00 +00:00"},
      {kUtc, "*/15 * * * *", "2024-05-06 07:45 +00:00", "2024-05-06 08:00 +00:00"},
      {kUtc, "5/20 * * * *", "2024-05-06 07:26 +00:00", "2024-05-06 07:45 +00:00"},
      {kUtc, "1-20/9 * * * *", "2024-05-06 07:10 +00:00", "2024-05-06 07:19 +00:00"},
      {kUtc, "0 8,20,12 * * *", "2024-05-06 12:00 +00:00", "2024-05-06 20:00 +00:00"},
      {kUtc, "30 9-17/4 * * *", "2024-05-06 17:30 +00:00", "2024-05-07 09:30 +00:00"},
      {kUtc, "0 0 * * 7", "2024-05-06 00:00 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "0 0 * * 0", "2024-05-06 00:00 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "0 0 * * mon-Fri", "2024-05-10 00:00 +00:00", "2024-05-13 00:00 +00:00"},
      {kUtc, "0 0 * * SAT-SUN", "2024-05-11 00:00 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "0 0 * * 5-7", "2024-05-11 00:00 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "0 0 1 Jan,JUL *", "2024-05-06 00:00 +00:00", "2024-07-01 00:00 +00:00"},
      {kUtc, "0 0 31 * *", "2024-01-31 00:00 +00:00", "2024-03-31 00:00 +00:00"},
      {kUtc, "0 0 30 2,4 *", "2024-05-01 00:00 +00:00", "2025-04-30 00:00 +00:00"},
      {kUtc, "59 23 31 12 *", "2024-12-31 23:59 +00:00", "2025-12-31 23:59 +00:00"},
      {kUtc, "0 0 29 2 *", "2024-02-29 00:00 +00:00", "2028-02-29 00:00 +00:00"},
      {kUtc, "0 0 29 2 *", "2096-02-29 00:00 +00:00", "2104-02-29 00:00 +00:00"},
      {kUtc, "  0\t0  * * *  ", "2024-05-06 07:08 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "@hourly", "2024-05-06 07:08 +00:00", "2024-05-06 08:00 +00:00"},
      {kUtc, "@daily", "2024-05-06 07:08 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "@Midnight", "2024-05-06 07:08 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "@weekly", "2024-05-06 07:08 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "@monthly", "2024-05-06 07:08 +00:00", "2024-06-01 00:00 +00:00"},
      {kUtc, "@yearly", "2024-05-06 07:08 +00:00", "2025-01-01 00:00 +00:00"},
      {kUtc, "@annually", "2024-05-06 07:08 +00:00", "2025-01-01 00:00 +00:00"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CAPTURE(row.from);
    const Zone zone(row.zone);
    CHECK(text_of(cron(row.expression).next_after(at(row.from))) == row.want);
  }
}

TEST_CASE("with both day fields restricted, a day that fits either fires") {
  const Row rows[] = {
      {kUtc, "0 0 13 * 5", "2024-05-03 00:00 +00:00", "2024-05-10 00:00 +00:00"},     // a Friday
      {kUtc, "0 0 13 * 5", "2024-05-10 00:00 +00:00", "2024-05-13 00:00 +00:00"},     // a 13th, Monday
      {kUtc, "0 0 30 2 1", "2024-02-05 00:00 +00:00", "2024-02-12 00:00 +00:00"},     // only Mondays are possible
      {kUtc, "0 0 13 * *", "2024-05-03 00:00 +00:00", "2024-05-13 00:00 +00:00"},
      {kUtc, "0 0 * * 5", "2024-05-10 00:00 +00:00", "2024-05-17 00:00 +00:00"},
      {kUtc, "0 0 */2 * 1", "2024-05-06 00:00 +00:00", "2024-05-13 00:00 +00:00"},    // begins with *: odd Mondays
      {kUtc, "0 0 29 2 */6", "2024-02-29 00:00 +00:00", "2032-02-29 00:00 +00:00"},   // on a Sunday
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CAPTURE(row.from);
    const Zone zone(row.zone);
    CHECK(text_of(cron(row.expression).next_after(at(row.from))) == row.want);
  }
}

TEST_CASE("the last firing is the one at a time or before it") {
  const Row rows[] = {
      {kUtc, "0 0 * * *", "2024-05-06 00:00 +00:00", "2024-05-06 00:00 +00:00"},
      {kUtc, "0 0 * * *", "2024-05-06 23:59:59 +00:00", "2024-05-06 00:00 +00:00"},
      {kUtc, "30 6,18 * * *", "2024-05-06 06:29 +00:00", "2024-05-05 18:30 +00:00"},
      {kUtc, "0 0 1 * *", "2024-03-31 12:00 +00:00", "2024-03-01 00:00 +00:00"},
      {kUtc, "0 0 31 * *", "2024-03-30 12:00 +00:00", "2024-01-31 00:00 +00:00"},
      {kUtc, "0 0 29 2 *", "2028-02-28 00:00 +00:00", "2024-02-29 00:00 +00:00"},
      {kUtc, "0 0 29 2 *", "2104-02-28 00:00 +00:00", "2096-02-29 00:00 +00:00"},
      {kUtc, "@yearly", "2024-05-06 07:08 +00:00", "2024-01-01 00:00 +00:00"},
      {kBerlin, "30 2 * * *", "2024-03-31 03:00 +02:00", "2024-03-31 03:00 +02:00"},
      {kBerlin, "30 2 * * *", "2024-03-31 01:59 +01:00", "2024-03-30 02:30 +01:00"},
      {kBerlin, "30 2 * * *", "2024-10-27 02:10 +01:00", "2024-10-27 02:30 +02:00"},
      {kBerlin, "30 2 * * *", "2024-10-27 02:45 +01:00", "2024-10-27 02:30 +02:00"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CAPTURE(row.from);
    const Zone zone(row.zone);
    CHECK(text_of(cron(row.expression).last_at_or_before(at(row.from))) == row.want);
  }
}

TEST_CASE("a time that the clock jumps over fires at the jump, one that comes twice the first time only") {
  const Row rows[] = {
      {kBerlin, "30 2 * * *", "2024-03-30 12:00 +01:00", "2024-03-31 03:00 +02:00"},
      {kBerlin, "30 2 * * *", "2024-03-31 03:00 +02:00", "2024-04-01 02:30 +02:00"},
      {kBerlin, "0 2,3 * * *", "2024-03-31 03:00 +02:00", "2024-04-01 02:00 +02:00"},
      {kBerlin, "0 * * * *", "2024-03-31 01:00 +01:00", "2024-03-31 03:00 +02:00"},
      {kBerlin, "30 2 * * *", "2024-10-26 12:00 +02:00", "2024-10-27 02:30 +02:00"},
      {kBerlin, "30 2 * * *", "2024-10-27 02:30 +02:00", "2024-10-28 02:30 +01:00"},
      {kBerlin, "* * * * *", "2024-10-27 02:59 +02:00", "2024-10-27 03:00 +01:00"},
      {kBerlin, "0 0 * * *", "2024-10-27 00:00 +02:00", "2024-10-28 00:00 +01:00"},
      {kNewYork, "15 2 * * *", "2024-03-10 00:00 -05:00", "2024-03-10 03:00 -04:00"},
      {kNewYork, "15 1 * * *", "2024-11-03 00:00 -04:00", "2024-11-03 01:15 -04:00"},
      {kNewYork, "15 1 * * *", "2024-11-03 01:15 -04:00", "2024-11-04 01:15 -05:00"},
      {kLordHowe, "10 2 * * *", "2024-10-06 00:00 +10:30", "2024-10-06 02:30 +11:00"},
      {kLordHowe, "45 1 * * *", "2024-04-07 00:00 +11:00", "2024-04-07 01:45 +11:00"},
      {kLordHowe, "45 1 * * *", "2024-04-07 01:45 +11:00", "2024-04-08 01:45 +10:30"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CAPTURE(row.from);
    const Zone zone(row.zone);
    CHECK(text_of(cron(row.expression).next_after(at(row.from))) == row.want);
  }
}

TEST_CASE("around changes of the clock it agrees with going through every minute") {
  using Fits = std::function<bool(int minute, int hour, int day, int weekday)>;
  struct Expression {
    std::string text;
    Fits fits;
  };
  const Expression expressions[] = {
      {"* * * * *", [](int, int, int, int) { return true; }},
      {"*/7 * * * *", [](int minute, int, int, int) { return minute % 7 == 0; }},
      {"30 1,2 * * *", [](int minute, int hour, int, int) { return minute == 30 && (hour == 1 || hour == 2); }},
      {"0 0 * * *", [](int minute, int hour, int, int) { return minute == 0 && hour == 0; }},
      {"15 */3 */2 * *", [](int minute, int hour, int day, int) {
         return minute == 15 && hour % 3 == 0 && day % 2 == 1;
       }},
      {"59 2 1-7 * SUN", [](int minute, int hour, int day, int weekday) {
         return minute == 59 && hour == 2 && (day <= 7 || weekday == 0);
       }},
  };
  struct Span {
    std::string zone;
    std::string from;
  };
  const Span spans[] = {{kBerlin, "2024-03-20 00:00 +00:00"}, {kBerlin, "2024-10-16 00:00 +00:00"},
                        {kNewYork, "2024-03-01 00:00 +00:00"}, {kNewYork, "2024-10-25 00:00 +00:00"},
                        {kLordHowe, "2024-09-28 00:00 +00:00"}, {kLordHowe, "2024-03-30 00:00 +00:00"}};
  constexpr auto kLength = std::chrono::hours{24 * 16};
  constexpr auto kMinuteLong = std::chrono::minutes{1};

  for (const Span& span : spans) {
    const Zone zone(span.zone.c_str());
    for (const Expression& expression : expressions) {
      CAPTURE(span.zone);
      CAPTURE(expression.text);
      const auto fits = [&](LocalMinute minute) {
        const auto day = std::chrono::floor<std::chrono::days>(minute);
        const auto time = static_cast<int>((minute - day).count());
        const std::chrono::year_month_day date{day};
        return expression.fits(time % 60, time / 60, static_cast<int>(static_cast<unsigned>(date.day())),
                               static_cast<int>(std::chrono::weekday{day}.c_encoding()));
      };
      // Each minute of the clock counts when the clock first reaches or passes it.
      const WallTime begin = at(span.from);
      std::vector<WallTime> want;
      LocalMinute reached = to_local(begin - kMinuteLong);
      for (WallTime time = begin; time < begin + kLength; time += kMinuteLong) {
        bool fires = false;
        for (; reached < to_local(time); fires = fits(reached) || fires) reached += kMinuteLong;
        if (fires) want.push_back(time);
      }

      const Cron parsed = cron(expression.text);
      std::vector<WallTime> got;
      for (WallTime time = parsed.next_after(begin - kMinuteLong); time < begin + kLength;
           time = parsed.next_after(time)) {
        got.push_back(time);
      }
      REQUIRE(want.size() > 1);
      CHECK(got == want);

      std::size_t wrong = 0;
      std::size_t passed = 0;
      for (WallTime time = want.front(); time < begin + kLength; time += std::chrono::seconds{50}) {
        while (passed + 1 < want.size() && want[passed + 1] <= time) ++passed;
        if (parsed.last_at_or_before(time) != want[passed]) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a bad expression is refused with its field and its text") {
  struct Bad {
    std::string text;
    std::string want;
  };
  const Bad rows[] = {
      {"", "expected five fields (minute hour day month weekday), got 0"},
      {"0 0 * *", "expected five fields (minute hour day month weekday), got 4"},
      {"0 0 0 * * *", "expected five fields (minute hour day month weekday), got 6"},
      {"60 0 * * *", "minute \"60\": must be from 0 to 59"},
      {"-1 0 * * *", "minute \"-1\": a value is missing"},
      {"0 24 * * *", "hour \"24\": must be from 0 to 23"},
      {"0 0 0 * *", "day \"0\": must be from 1 to 31"},
      {"0 0 1-32 * *", "day \"1-32\": must be from 1 to 31"},
      {"0 0 * 13 *", "month \"13\": must be from 1 to 12"},
      {"0 0 * * 8", "weekday \"8\": must be from 0 to 7"},
      {"0 0 * foo *", "month \"foo\": \"foo\" is not a number or a name"},
      {"x 0 * * *", "minute \"x\": \"x\" is not a number"},
      {"0 0 * jan-x *", "month \"jan-x\": \"x\" is not a number or a name"},
      {"5,,6 0 * * *", "minute \"5,,6\": a value is missing"},
      {"5- 0 * * *", "minute \"5-\": a value is missing"},
      {"20-10 0 * * *", "minute \"20-10\": a range must not end before it begins"},
      {"0 0 * * fri-mon", "weekday \"fri-mon\": a range must not end before it begins"},
      {"*/0 0 * * *", "minute \"*/0\": the step after / must be from 1 to 59"},
      {"*/60 0 * * *", "minute \"*/60\": the step after / must be from 1 to 59"},
      {"*/ 0 * * *", "minute \"*/\": the step after / must be from 1 to 59"},
      {"1/2/3 0 * * *", "minute \"1/2/3\": the step after / must be from 1 to 59"},
      {"99999999999999999999 0 * * *", "minute \"99999999999999999999\": \"99999999999999999999\" is not a number"},
      {"0 0 31 2 *", "day \"31\": no such day in month \"2\""},
      {"0 0 31 feb,APR *", "day \"31\": no such day in month \"feb,APR\""},
      {"0 0 30 2 */2", "day \"30\": no such day in month \"2\""},
      {"@reboot",
       "unknown word \"@reboot\", known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually"},
  };
  for (const Bad& row : rows) {
    CAPTURE(row.text);
    const Result<Cron> parsed = Cron::parse(row.text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().detail == row.want);
    CHECK(parsed.error().kind == ErrorKind::Invalid);
  }
}

}  // TEST_SUITE

}  // namespace aigw
