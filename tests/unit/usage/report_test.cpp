#include "usage/report.h"

#include <doctest/doctest.h>

#include "base/zone.h"

namespace aigw::usage {
namespace {

using std::chrono::hours;

HistoryRow row_of(const std::string& model, const std::string& provider, const std::string& key, WallTime hour,
                  std::int64_t requests) {
  HistoryRow row{model, provider, {}};
  row.total.hour = hour;
  row.total.first = hour;
  row.total.key = key;
  row.total.used = {requests, 10 * requests, 5 * requests, 3 * requests, requests, 1, 17 * requests, 1};
  row.total.duration = Millis(100 * requests);
  return row;
}

// `a b: 3` for a group of two with three requests.
std::vector<std::string> texts(const Report& report) {
  const auto rows = report.rows();
  REQUIRE(rows);
  std::vector<std::string> result;
  for (const ReportRow& row : *rows) {
    std::string text;
    for (const std::string& value : row.group) text += (text.empty() ? "" : " ") + value;
    result.push_back(text + ": " + std::to_string(row.sum.used.requests));
  }
  return result;
}

}  // namespace

TEST_SUITE("usage/report") {

TEST_CASE("rows are summed by each group, and sorted") {
  const Zone zone(kUtc);
  const WallTime late = at("2024-05-10 23:00 +00:00");
  struct Row {
    std::vector<GroupBy> groups;
    std::vector<std::string> want;
  };
  using enum GroupBy;
  for (const Row& row :
       {Row{{Model}, {"gpt: 7", "llama: 8"}},
        Row{{Provider}, {"home: 9", "openai: 6"}},
        Row{{Key}, {"-: 14", "team: 1"}},
        Row{{Hour}, {"2024-05-10T23:00:00: 7", "2024-05-11T00:00:00: 8"}},
        Row{{Day}, {"2024-05-10: 7", "2024-05-11: 8"}},
        Row{{Day, Model}, {"2024-05-10 gpt: 3", "2024-05-10 llama: 4", "2024-05-11 gpt: 4", "2024-05-11 llama: 4"}},
        Row{{Model, Provider}, {"gpt home: 1", "gpt openai: 6", "llama home: 8"}},
        Row{{Key, Provider, Model}, {"- home llama: 8", "- openai gpt: 6", "team home gpt: 1"}}}) {
    Report report(row.groups);
    report.add(row_of("llama", "home", "-", late, 4));
    report.add(row_of("gpt", "openai", "-", late, 2));
    report.add(row_of("gpt", "home", "team", late, 1));
    report.add(row_of("gpt", "openai", "-", late + hours(1), 4));
    report.add(row_of("llama", "home", "-", late + hours(1), 4));
    CHECK(texts(report) == row.want);
    CHECK(report.total().used.requests == 15);
    CHECK(report.groups() == row.groups);
  }
}

TEST_CASE("everything is summed") {
  Report report({GroupBy::Model});
  report.add(row_of("gpt", "a", "-", at("2024-05-10 23:00 +00:00"), 4));
  report.add(row_of("gpt", "b", "-", at("2024-05-10 23:00 +00:00"), 3));
  for (const Sum& sum : {report.total(), report.rows().value().at(0).sum}) {
    CHECK(sum.used == Counts{7, 70, 35, 21, 7, 2, 119, 2});
    CHECK(sum.duration == Millis(700));
    CHECK(sum.average_duration() == Millis(100));
  }
}

TEST_CASE("errors alone have no average duration") {
  Report report({GroupBy::Model});
  report.add(row_of("gpt", "a", "-", at("2024-05-10 23:00 +00:00"), 0));
  CHECK(report.total().used.errors == 1);
  CHECK_FALSE(report.total().average_duration());
}

TEST_CASE("hours and days are those of the zone") {
  const WallTime time = at("2024-05-10 22:00 +00:00");
  for (const auto& [zone_name, want] : {std::pair{kUtc, "2024-05-10 2024-05-10T22:00:00: 1"},
                                        std::pair{kBerlin, "2024-05-11 2024-05-11T00:00:00: 1"},
                                        std::pair{kNewYork, "2024-05-10 2024-05-10T18:00:00: 1"}}) {
    const Zone zone(zone_name);
    Report report({GroupBy::Day, GroupBy::Hour});
    report.add(row_of("gpt", "a", "-", time, 1));
    CHECK(texts(report) == std::vector<std::string>{want});
  }
}

TEST_CASE("the hour that the clock shows twice is one group") {
  const Zone zone(kBerlin);
  Report report({GroupBy::Hour});
  for (const char* hour : {"2024-10-27 02:00 +02:00", "2024-10-27 02:00 +01:00", "2024-10-27 03:00 +01:00"}) {
    report.add(row_of("gpt", "a", "-", at(hour), 1));
  }
  CHECK(texts(report) == std::vector<std::string>{"2024-10-27T02:00:00: 2", "2024-10-27T03:00:00: 1"});
}

TEST_CASE("an empty report has no rows and a total of nothing") {
  const Report report({GroupBy::Day});
  CHECK(texts(report).empty());
  CHECK(report.total().used == Counts{});
}

TEST_CASE("a report with too many rows is an error that says what to do") {
  const WallTime hour = at("2024-05-10 23:00 +00:00");
  Report report({GroupBy::Key});
  for (std::size_t i = 0; i < Report::kRowsMax; ++i) report.add(row_of("gpt", "a", std::to_string(i), hour, 1));
  report.add(row_of("gpt", "a", "0", hour, 1));
  CHECK(report.rows());
  report.add(row_of("gpt", "a", "one more", hour, 1));
  const auto rows = report.rows();
  REQUIRE_FALSE(rows);
  CHECK(rows.error().kind == ErrorKind::Invalid);
  CHECK(rows.error().detail ==
        "The report would have more than 100000 rows: ask for a shorter time, or for fewer things in group_by.");
}

TEST_CASE("absurd numbers in a file do not overflow") {
  HistoryRow row = row_of("gpt", "a", "-", at("2024-05-10 23:00 +00:00"), 1);
  row.total.used = {100'000'000'000'000'000, 100'000'000'000'000'000, 100'000'000'000'000'000, 0, 0};
  row.total.duration = Millis(100'000'000'000'000'000);
  Report report({GroupBy::Model});
  for (int i = 0; i < 200; ++i) report.add(row);
  CHECK(report.total().used.requests == 1'000'000'000'000'000'000);
  CHECK(report.total().used.tokens() == 2'000'000'000'000'000'000);
  CHECK(report.total().duration == Millis(1'000'000'000'000'000'000));
}

TEST_CASE("the words of groups are read as they are written") {
  for (const GroupBy group : {GroupBy::Model, GroupBy::Provider, GroupBy::Key, GroupBy::Hour, GroupBy::Day}) {
    CHECK(parse_group_by(to_string(group)) == group);
  }
  for (const char* word : {"", "Model", "month", "model "}) CHECK_FALSE(parse_group_by(word));
}

}  // TEST_SUITE

}  // namespace aigw::usage
