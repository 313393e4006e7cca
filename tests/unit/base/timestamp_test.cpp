#include "base/timestamp.h"

#include <doctest/doctest.h>
#include <string>

#include "base/zone.h"

using namespace aigw;

TEST_SUITE("base/timestamp") {
  TEST_CASE("what is written is read back, to the second") {
    for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{1705320000}, std::int64_t{1711846800},
                                       std::int64_t{1730595600}, std::int64_t{4102444799}}) {
      CAPTURE(seconds);
      const WallTime time{std::chrono::seconds(seconds)};
      const std::string text = format_timestamp(time + Millis(999));
      CAPTURE(text);
      CHECK(text.size() == std::string("2024-01-15T00:00:00+01:00").size());
      // In zones west of Greenwich the first day of 1970 is still 1969, which is out of range.
      if (seconds != 0) CHECK(parse_timestamp(text) == time);
    }
  }

  TEST_CASE("offsets count") {
    const auto utc = parse_timestamp("2024-01-15T12:00:00Z");
    REQUIRE(utc);
    for (const char* text : {"2024-01-15T13:00:00+01:00", "2024-01-15T08:30:00-03:30", "2024-01-16T01:45:00+13:45"}) {
      CAPTURE(text);
      CHECK(parse_timestamp(text) == utc);
    }
  }

  TEST_CASE("other texts are refused") {
    for (const char* text :
         {"", "2024", "2024-01-15", "2024-01-15T12:00:00", "2024-01-15 12:00:00Z", "2024-02-30T12:00:00Z",
          "2024-13-01T12:00:00Z", "2024-01-15T24:00:00Z", "2024-01-15T12:60:00Z", "2024-01-15T12:00:60Z",
          "2024-01-15T12:00:00+1:00", "2024-01-15T12:00:00+01:00x", "2024-01-15T12:00:00.5Z", "1969-01-15T12:00:00Z",
          "9999-01-15T12:00:00Z", "-024-01-15T12:00:00Z", "2024-01-15T12:00:00Zz"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_timestamp(text));
    }
  }

  TEST_CASE("a time without an offset is local, and a day stands for its begin or its end") {
    struct Row {
      const char* zone;
      const char* text;
      const char* begin;
      const char* end;
    };
    const Row rows[] = {
        {kUtc, "2026-12-31", "2026-12-31 00:00 +00:00", "2027-01-01 00:00 +00:00"},
        {kBerlin, "2026-12-31", "2026-12-31 00:00 +01:00", "2027-01-01 00:00 +01:00"},
        // These days have 23 and 25 hours.
        {kBerlin, "2024-03-31", "2024-03-31 00:00 +01:00", "2024-04-01 00:00 +02:00"},
        {kBerlin, "2024-10-27", "2024-10-27 00:00 +02:00", "2024-10-28 00:00 +01:00"},
        {kBerlin, "2026-12-31T18:30:15", "2026-12-31 18:30:15 +01:00", "2026-12-31 18:30:15 +01:00"},
        {kBerlin, "2024-03-31T02:30:00", "2024-03-31 03:00 +02:00", "2024-03-31 03:00 +02:00"},
        {kBerlin, "2026-12-31T18:30:15Z", "2026-12-31 18:30:15 +00:00", "2026-12-31 18:30:15 +00:00"},
        {kBerlin, "2026-12-31T18:30:15-03:30", "2026-12-31 18:30:15 -03:30", "2026-12-31 18:30:15 -03:30"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.zone);
      CAPTURE(row.text);
      const Zone zone(row.zone);
      CHECK(parse_day_or_time(row.text, DayMeans::Begin) == at(row.begin));
      CHECK(parse_day_or_time(row.text, DayMeans::End) == at(row.end));
    }
    for (const char* text : {"", "Z", "2026", "2026-12", "2026-02-30", "31.12.2026", " 2026-12-31", "2026-12-31T18:30",
                             "2026-12-31Z", "2026-12-31 18:30:00", "2026-12-31T18:30:00ZZ", "1798675200"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_day_or_time(text, DayMeans::End));
    }
  }
}
