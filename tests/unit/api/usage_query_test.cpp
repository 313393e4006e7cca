#include "api/usage_query.h"

#include <doctest/doctest.h>

#include <string>

#include "base/zone.h"

namespace aigw::api {
namespace {

using usage::GroupBy;

UsageQuery parsed(const std::string& text, WallTime now) {
  const auto query = parse_usage_query(text, now);
  REQUIRE_MESSAGE(query, text);
  return *query;
}

const std::string kNoon = "2024-05-10 12:00 +02:00";

}  // namespace

TEST_SUITE("api/usage_query") {

TEST_CASE("what is not said is the last seven days by model, as JSON") {
  const Zone zone(kBerlin);
  const UsageQuery query = parsed("", at(kNoon) + Millis(5));
  CHECK(text_of(query.from) == "2024-05-04 00:00 +02:00");
  CHECK(query.to == at(kNoon) + Millis(5));
  CHECK(query.group_by == std::vector{GroupBy::Model});
  CHECK(query.format == UsageQuery::Format::Json);
}

TEST_CASE("times are taken in every form") {
  struct Row {
    const char* zone;
    const char* query;
    std::string from;
    std::string to;
  };
  const Row rows[] = {
      {kBerlin, "from=2024-05-01", "2024-05-01 00:00 +02:00", kNoon},
      {kBerlin, "to=2024-05-01", "2024-04-25 00:00 +02:00", "2024-05-02 00:00 +02:00"},
      {kBerlin, "from=2024-05-01&to=2024-05-01", "2024-05-01 00:00 +02:00", "2024-05-02 00:00 +02:00"},
      {kBerlin, "from=2024-05-01T14:00:00", "2024-05-01 14:00 +02:00", kNoon},
      {kBerlin, "from=2024-05-01T14:00:07", "2024-05-01 14:00:07 +02:00", kNoon},
      {kBerlin, "from=2024-05-01T14:00:00Z", "2024-05-01 16:00 +02:00", kNoon},
      {kBerlin, "from=2024-05-01T14:00:00+05:30", "2024-05-01 10:30 +02:00", kNoon},
      {kBerlin, "from=2024-05-01T14%3A00%3A00%2B05:30", "2024-05-01 10:30 +02:00", kNoon},
      {kBerlin, "to=2024-05-01T00:00:00", "2024-04-24 00:00 +02:00", "2024-05-01 00:00 +02:00"},
      {kBerlin, "from=1714564800&to=1714568400", "2024-05-01 14:00 +02:00", "2024-05-01 15:00 +02:00"},
      {kBerlin, "from=0", "1970-01-01 01:00 +01:00", kNoon},
      {kBerlin, "to=2024-12-31", "2024-12-25 00:00 +01:00", "2025-01-01 00:00 +01:00"},
      // A day of 23 hours, and a time that the clock jumps over.
      {kBerlin, "from=2024-03-31&to=2024-03-31", "2024-03-31 00:00 +01:00", "2024-04-01 00:00 +02:00"},
      {kBerlin, "from=2024-03-31T02:30:00", "2024-03-31 03:00 +02:00", kNoon},
      // Of a time that happens twice, the first one.
      {kNewYork, "from=2023-11-05T01:30:00", "2023-11-05 01:30 -04:00", "2024-05-10 06:00 -04:00"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const Zone zone(row.zone);
    const UsageQuery query = parsed(row.query, at(kNoon));
    CHECK(text_of(query.from) == row.from);
    CHECK(text_of(query.to) == row.to);
  }
}

TEST_CASE("several groups stay in their order") {
  CHECK(parsed("group_by=day,model", at(kNoon)).group_by == std::vector{GroupBy::Day, GroupBy::Model});
  CHECK(parsed("group_by=key,hour,provider&format=json", at(kNoon)).group_by ==
        std::vector{GroupBy::Key, GroupBy::Hour, GroupBy::Provider});
  CHECK(parsed("format=csv", at(kNoon)).format == UsageQuery::Format::Csv);
}

TEST_CASE("what can't be meant is refused, and the message says what would be") {
  const Zone zone(kUtc);
  const std::string no_time =
      " is no time: expected a day (2026-11-01), a time (2026-11-01T14:00:00, with or without an offset like +01:00 or "
      "Z), or unix seconds.";
  const std::string no_group =
      ": expected model, provider, key, hour or day, or several of them with commas between.";
  struct Row {
    const char* query;
    std::string want;
  };
  const Row rows[] = {
      {"from=yesterday", "from=\"yesterday\"" + no_time},
      {"to=", "to=\"\"" + no_time},
      {"to=2024-02-30", "to=\"2024-02-30\"" + no_time},
      {"from=2024-05-01T14:00", "from=\"2024-05-01T14:00\"" + no_time},
      {"from=2024-05-01T14:00:00+01:00Z", "from=\"2024-05-01T14:00:00+01:00Z\"" + no_time},
      {"from=2024-05-01Z", "from=\"2024-05-01Z\"" + no_time},
      {"from=-1", "from=\"-1\"" + no_time},
      {"from=1714564800000", "from=\"1714564800000\"" + no_time},
      {"from=a%0Ab", "from=\"a\\nb\"" + no_time},
      {"group_by=", "group_by can't be \"\"" + no_group},
      {"group_by=model,", "group_by can't be \"\"" + no_group},
      {"group_by=month", "group_by can't be \"month\"" + no_group},
      {"group_by=day,day", "group_by has day twice."},
      {"format=xml", "format can't be \"xml\": expected json or csv."},
      {"From=2024-05-01", "There is no parameter \"From\", only from, to, group_by and format."},
      {"from=0&from=1", "from is there twice."},
      {"from=2024-05-11", "from (2024-05-11T00:00:00+00:00) must be before to (2024-05-10T10:00:00+00:00)."},
      {"from=5&to=5", "from (1970-01-01T00:00:05+00:00) must be before to (1970-01-01T00:00:05+00:00)."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const auto query = parse_usage_query(row.query, at(kNoon));
    REQUIRE_FALSE(query);
    CHECK(query.error().kind == ErrorKind::Invalid);
    CHECK(query.error().detail == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::api
