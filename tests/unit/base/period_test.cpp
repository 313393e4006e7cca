#include "base/period.h"

#include <doctest/doctest.h>
#include <string>

#include "base/zone.h"

namespace aigw {
namespace {

Period period(const std::string& text) {
  const Result<Period> parsed = Period::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

std::string text_of_end(const std::optional<WallTime>& end) { return end ? text_of(*end) : "never"; }

}  // namespace

TEST_SUITE("base/period") {

TEST_CASE("a period ends at the cron's next firing, its length after it began, or never") {
  struct Row {
    const char* zone;
    std::string text;
    std::string begin;
    std::string time;
    std::string want;
  };
  const Row rows[] = {
      {kUtc, "", "2024-05-06 07:08 +00:00", "2024-05-06 07:08 +00:00", "never"},
      {kUtc, " \t\n", "2024-05-06 07:08 +00:00", "2024-05-06 07:08 +00:00", "never"},
      {kUtc, " never\n", "2024-05-06 07:08 +00:00", "2124-05-06 07:08 +00:00", "never"},
      {kUtc, "0 0 * * *", "2024-05-06 00:00 +00:00", "2024-05-06 07:08:09 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "0 0 * * *", "2024-05-03 00:00 +00:00", "2024-05-06 07:08:09 +00:00", "2024-05-07 00:00 +00:00"},
      // The clock was set back since it began.
      {kUtc, "0 0 * * *", "2024-05-06 00:00 +00:00", "2024-05-04 07:08:09 +00:00", "2024-05-07 00:00 +00:00"},
      {kUtc, "@weekly", "2024-05-05 00:00 +00:00", "2024-05-06 07:08:09 +00:00", "2024-05-12 00:00 +00:00"},
      {kUtc, "1m", "2024-05-06 07:08:09 +00:00", "2024-05-06 07:08:09 +00:00", "2024-05-06 07:09:09 +00:00"},
      {kUtc, "90m", "2024-05-06 07:08:09 +00:00", "2024-05-06 08:00 +00:00", "2024-05-06 08:38:09 +00:00"},
      {kUtc, "5h", "2024-05-06 07:08:09 +00:00", "2024-05-06 20:00 +00:00", "2024-05-06 12:08:09 +00:00"},
      {kUtc, " 007d ", "2024-05-06 07:08:09 +00:00", "2024-05-06 08:00 +00:00", "2024-05-13 07:08:09 +00:00"},
      {kUtc, "52w", "2024-05-06 07:08:09 +00:00", "2024-05-06 08:00 +00:00", "2025-05-05 07:08:09 +00:00"},
      {kUtc, "366d", "2024-01-01 00:00 +00:00", "2024-05-06 08:00 +00:00", "2025-01-01 00:00 +00:00"},
      {kUtc, "527040m", "2024-01-01 00:00 +00:00", "2024-05-06 08:00 +00:00", "2025-01-01 00:00 +00:00"},
      // A day lasts 24 hours, a cron's from midnight to midnight.
      {kBerlin, "1d", "2024-03-31 00:00 +01:00", "2024-03-31 12:00 +02:00", "2024-04-01 01:00 +02:00"},
      {kBerlin, "0 0 * * *", "2024-03-31 00:00 +01:00", "2024-03-31 12:00 +02:00", "2024-04-01 00:00 +02:00"},
      {kBerlin, "1d", "2024-10-27 00:00 +02:00", "2024-10-27 12:00 +01:00", "2024-10-27 23:00 +01:00"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.begin);
    CAPTURE(row.time);
    const Zone zone(row.zone);
    CHECK(text_of_end(period(row.text).end_after(at(row.begin), at(row.time))) == row.want);
  }
}

TEST_CASE("a cron's period began at its last firing, any other one begins at the time itself") {
  struct Row {
    std::string text;
    std::string time;
    std::string want;
  };
  const Row rows[] = {
      {"", "2024-05-06 07:08:09 +02:00", "2024-05-06 07:08:09 +02:00"},
      {"never", "2024-05-06 07:08:09 +02:00", "2024-05-06 07:08:09 +02:00"},
      {"5h", "2024-05-06 07:08:09 +02:00", "2024-05-06 07:08:09 +02:00"},
      {"0 0 * * *", "2024-05-06 07:08:09 +02:00", "2024-05-06 00:00 +02:00"},
      {"0 0 * * *", "2024-05-06 00:00 +02:00", "2024-05-06 00:00 +02:00"},
      {"30 2 * * *", "2024-03-31 12:00 +02:00", "2024-03-31 03:00 +02:00"},
  };
  const Zone zone(kBerlin);
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.time);
    CHECK(text_of(period(row.text).begin_at(at(row.time))) == row.want);
  }
  const WallTime second = at("2024-05-06 07:08:09 +02:00");
  CHECK(period("5h").begin_at(second + Millis{999}) == second);
}

TEST_CASE("only a duration rolls, and the text is kept without the blanks around it") {
  struct Row {
    std::string text;
    bool rolls;
    std::string want;
  };
  const Row rows[] = {{"", false, ""},     {"  ", false, ""},         {"5h", true, "5h"},
                      {"\t2w\n", true, "2w"}, {" @daily ", false, "@daily"}, {" 0 0 1 * * ", false, "0 0 1 * *"},
                      {" never ", false, "never"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(period(row.text).rolls() == row.rolls);
    CHECK(period(row.text).text() == row.want);
  }
}

TEST_CASE("a bad text is refused with what was expected") {
  const std::string expected = ": expected a time like 90m, 5h, 7d or 2w, or never";
  const std::string range = ": must be from 1m to 366d";
  struct Row {
    std::string text;
    std::string want;
  };
  const Row rows[] = {
      {"5", "\"5\"" + expected},
      {"5x", "\"5x\"" + expected},
      {"30s", "\"30s\"" + expected},
      {"5H", "\"5H\"" + expected},
      {"1.5h", "\"1.5h\"" + expected},
      {"1h30m", "\"1h30m\"" + expected},
      {"5\x01h", "\"5\\x01h\"" + expected},
      {"0m", "\"0m\"" + range},
      {"527041m", "\"527041m\"" + range},
      {"8785h", "\"8785h\"" + range},
      {"367d", "\"367d\"" + range},
      {"53w", "\"53w\"" + range},
      {"99999999999999999999m", "\"99999999999999999999m\"" + range},
      {"Never", "expected five fields (minute hour day month weekday), got 1"},
      {"h5", "expected five fields (minute hour day month weekday), got 1"},
      {"5 h", "expected five fields (minute hour day month weekday), got 2"},
      {"0 24 * * *", "hour \"24\": must be from 0 to 23"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Period> parsed = Period::parse(row.text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().kind == ErrorKind::Invalid);
    CHECK(parsed.error().detail == row.want);
  }
}

TEST_CASE("a period that never ends is another one than none at all") {
  CHECK(period("never") == period(" never "));
  CHECK_FALSE(period("never") == Period());
  CHECK_FALSE(period("never") == period("5h"));
  CHECK_FALSE(period("never") == period("@daily"));
  CHECK(period("60m") == period("1h"));
  CHECK(period("") == Period());
}

TEST_CASE("where a duration is asked for, nothing else but never is taken") {
  const Result<Period> never = Period::parse_duration(" never ");
  REQUIRE(never.has_value());
  CHECK(*never == period("never"));
  const Result<Period> parsed = Period::parse_duration(" 5h ");
  REQUIRE(parsed.has_value());
  CHECK(parsed->text() == "5h");
  CHECK(parsed->rolls());
  for (const char* text : {"", " ", "x", "-5h", "5 h", "@daily", "0 0 * * *"}) {
    CAPTURE(std::string(text));
    const Result<Period> other = Period::parse_duration(text);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().detail.find(": expected a time like 90m, 5h, 7d or 2w, or never") != std::string::npos);
  }
}

}  // TEST_SUITE

}  // namespace aigw
