#include "usage/hours.h"

#include <doctest/doctest.h>

#include "base/zone.h"
#include "config/temporary_folder.h"
#include "usage/history.h"

namespace aigw::usage {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Used used(std::string_view key, std::int64_t prompt, std::int64_t completion) {
  Used result;
  result.key = key;
  result.prompt_tokens = prompt;
  result.completion_tokens = completion;
  result.duration = Millis(250);
  return result;
}

Hours with_requests(int count, WallTime time) {
  Hours result;
  for (int i = 0; i < count; ++i) result.add(used("a", 10, 5), time);
  return result;
}

}  // namespace

TEST_SUITE("usage/hours") {

TEST_CASE("each hour and key has a total of its own") {
  const Zone zone(kBerlin);
  const WallTime two = at("2024-05-10 14:00 +02:00");
  Hours all;
  all.add(used("a", 10, 5), two + minutes(3) + Micros(1500));
  all.add(used("b", 1, 1), two + minutes(4));
  all.add(used("a", 20, 7), two + minutes(59));
  all.add(used("a", 30, 9), two + minutes(60));
  REQUIRE(all.totals().size() == 3);

  const HourTotal& first = all.totals()[0];
  CHECK(first.hour == two);
  CHECK(first.first == two + minutes(3) + Millis(1));
  CHECK(first.key == "a");
  CHECK(first.used == Counts{2, 30, 12, 0, 0});
  CHECK(first.duration == Millis(500));
  CHECK_FALSE(first.written);
  CHECK(all.totals()[1].key == "b");
  CHECK(all.totals()[2].hour == two + hours(1));
  CHECK(all.totals()[2].used == Counts{1, 30, 9, 0, 0});
}

TEST_CASE("estimates and errors are counted, and an error alone is no request") {
  Hours all;
  Used broken = used("a", 10, 5);
  broken.estimated = true;
  broken.error = true;
  all.add(broken, at("2024-05-10 14:03 +00:00"));
  all.add_error("a", at("2024-05-10 14:04 +00:00"));
  all.add_error("b", at("2024-05-10 14:05 +00:00"));
  REQUIRE(all.totals().size() == 2);
  CHECK(all.totals()[0].used == Counts{1, 10, 5, 0, 15, 2});
  CHECK(all.totals()[1].used == Counts{0, 0, 0, 0, 0, 1});
  CHECK(all.totals()[1].duration == Millis(0));
}

TEST_CASE("hours are those of the clock on the wall") {
  struct Row {
    const char* zone;
    const char* time;
    std::string want;
  };
  const char* const kIndia = "IST-5:30";
  for (const Row& row : {Row{kIndia, "2024-05-10 14:29 +05:30", "2024-05-10 14:00 +05:30"},
                         Row{kIndia, "2024-05-10 14:31 +05:30", "2024-05-10 14:00 +05:30"},
                         Row{kBerlin, "2024-10-27 02:10 +02:00", "2024-10-27 02:00 +02:00"},
                         Row{kBerlin, "2024-10-27 02:10 +01:00", "2024-10-27 02:00 +01:00"}}) {
    CAPTURE(row.time);
    const Zone zone(row.zone);
    const Hours all = with_requests(1, at(row.time));
    CHECK(text_of(all.totals().at(0).hour) == row.want);
  }
}

TEST_CASE("the pace is this hour's use and the last hour's share of it") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all = with_requests(8, two - minutes(30));
  for (int i = 0; i < 4; ++i) all.add(used("b", 10, 5), two + minutes(1));
  all.add(used("a", 100, 0), two - hours(1) - minutes(1));

  CHECK(all.pace(two + minutes(1)).requests_per_hour == doctest::Approx(4 + 8 * 59.0 / 60));
  CHECK(all.pace(two + minutes(30)).requests_per_hour == doctest::Approx(4 + 8 * 0.5));
  CHECK(all.pace(two + minutes(30)).tokens_per_hour == doctest::Approx(15 * 8));
  CHECK(all.pace(two + minutes(90)).requests_per_hour == doctest::Approx(4 * 0.5));
  CHECK(all.pace(two + hours(3)).requests_per_hour == doctest::Approx(0));
}

TEST_CASE("a total is finished with its hour, until it is written") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all = with_requests(1, two + minutes(5));
  CHECK(all.finished(two + minutes(59)).empty());
  const auto finished = all.finished(two + hours(1));
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].hour == two);
  all.set_written(finished);
  CHECK(all.finished(two + hours(1)).empty());
  CHECK(all.pace(two + minutes(90)).requests_per_hour == doctest::Approx(0.5));
}

TEST_CASE("what is counted for an hour that is written makes another total") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all = with_requests(2, two + minutes(5));
  all.set_written(all.finished(two + hours(1)));
  all.add(used("a", 10, 5), two + minutes(50));  // the clock was set back
  REQUIRE(all.totals().size() == 2);
  const auto finished = all.finished(two + hours(1));
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].used.requests == 1);
  CHECK(finished[0].first == two + minutes(50));
}

TEST_CASE("only the total that was written is marked so") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all = with_requests(1, two);
  all.add(used("b", 1, 1), two);
  all.add(used("a", 1, 1), two + hours(1));
  std::vector<HourTotal> written = all.finished(two + hours(1));
  REQUIRE(written.size() == 2);
  written.resize(1);
  all.set_written(written);
  const auto left = all.finished(two + hours(2));
  REQUIRE(left.size() == 2);
  CHECK(left[0].key == "b");
  CHECK(left[1].hour == two + hours(1));
}

TEST_CASE("a total that changed since it was copied is not written yet, and goes out again whole") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  struct Row {
    const char* name;
    void (*change)(Hours& all, HourTotal& copied);
  };
  const auto add = [](Hours& all, HourTotal& copied) { all.add(used("a", 10, 5), copied.first); };
  const auto add_error = [](Hours& all, HourTotal& copied) { all.add_error("a", copied.first); };
  const auto shorten = [](Hours&, HourTotal& copied) { copied.duration -= Millis(1); };
  for (const Row& row : {Row{"a request", add}, Row{"an error", add_error}, Row{"only the duration", shorten}}) {
    CAPTURE(row.name);
    Hours all = with_requests(2, two + minutes(5));
    std::vector<HourTotal> copied = all.finished(two + hours(1));
    REQUIRE(copied.size() == 1);
    row.change(all, copied[0]);
    all.set_written(copied);
    const std::vector<HourTotal> again = all.finished(two + hours(1));
    REQUIRE(again.size() == 1);
    CHECK(again[0].first == copied[0].first);
    CHECK(again[0].used == all.totals()[0].used);
    all.set_written(again);
    CHECK(all.finished(two + hours(1)).empty());
  }
}

TEST_CASE("a total that went out twice, the second time larger, is read once") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  const config::TemporaryFolder folder;
  const History history(folder.path());
  Hours all = with_requests(2, two + minutes(5));
  for (const int requests : {2, 3}) {
    const std::vector<HourTotal> finished = all.finished(two + hours(1));
    REQUIRE(finished.size() == 1);
    REQUIRE(history.append({{"gpt", "openai", finished[0]}}));
    if (requests == 2) all.add(used("a", 10, 5), two + minutes(59));  // by somebody who looked at the clock in time
    all.set_written(finished);
    std::vector<std::int64_t> seen;
    const HistoryRow pending{"gpt", "openai", all.totals()[0]};
    REQUIRE(history.read(two, two + hours(1), {pending},
                         [&](const HistoryRow& row) { seen.push_back(row.total.used.requests); }));
    CHECK(seen == std::vector<std::int64_t>{3});
  }
}

TEST_CASE("written totals are kept for the pace, and forgotten after the last hour") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all = with_requests(1, two);
  all.forget(two + hours(5));
  CHECK(all.totals().size() == 1);  // not written
  all.set_written(all.finished(two + hours(5)));
  all.forget(two + hours(2) - minutes(1));
  CHECK(all.totals().size() == 1);
  all.forget(two + hours(2));
  CHECK(all.totals().empty());
}

TEST_CASE("when writing fails for weeks the newest thousand totals are kept") {
  const Zone zone(kUtc);
  const WallTime begin = at("2024-05-10 14:00 +00:00");
  Hours all;
  for (int hour = 0; hour < 1'200; ++hour) all.add(used("a", 1, 1), begin + hours(hour));
  REQUIRE(all.totals().size() == 1'000);
  CHECK(all.totals().front().hour == begin + hours(200));
  CHECK(all.totals().back().hour == begin + hours(1'199));
  all.add_error("b", begin + hours(1'199));
  CHECK(all.totals().size() == 1'000);
  CHECK(all.totals().front().hour == begin + hours(201));
}

TEST_CASE("totals that are restored go on") {
  const Zone zone(kUtc);
  const WallTime two = at("2024-05-10 14:00 +00:00");
  Hours all;
  all.restore(with_requests(2, two).totals());
  all.add(used("a", 10, 5), two + minutes(1));
  REQUIRE(all.totals().size() == 1);
  CHECK(all.totals()[0].used.requests == 3);
  CHECK(all.totals()[0].first == two);
}

}  // TEST_SUITE

}  // namespace aigw::usage
