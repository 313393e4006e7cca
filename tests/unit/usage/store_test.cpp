#include "usage/store.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/timestamp.h"
#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;
using std::chrono::hours;

namespace {

constexpr std::chrono::seconds kSecond{1};

config::Config endless() { return config_of_one({}); }

// Requests in the history by hour.
std::map<WallTime, std::int64_t> requests_by_hour(const Gateway& gateway) {
  std::map<WallTime, std::int64_t> requests;
  const auto unreadable =
      gateway.counters->read_history(WallTime(), noon() + hours(24 * 365), [&](const HistoryRow& row) {
        requests[row.total.hour] += row.total.used.requests;
      });
  REQUIRE_MESSAGE(unreadable, (unreadable ? std::string() : unreadable.error().detail));
  CHECK(*unreadable == 0);
  return requests;
}

std::int64_t history_requests(const Gateway& gateway) {
  std::int64_t sum = 0;
  for (const auto& [hour, requests] : requests_by_hour(gateway)) sum += requests;
  return sum;
}

// Root may remove any file: as long as it lives, the process is nobody. For others nothing changes.
class NoRoot {
 public:
  NoRoot() : root_(::geteuid() == 0), gone_(!root_ || ::seteuid(65534) == 0) {}
  NoRoot(const NoRoot&) = delete;
  NoRoot& operator=(const NoRoot&) = delete;
  ~NoRoot() {
    if (!root_) return;
    static_cast<void>(::seteuid(0) == 0);
    ::prctl(PR_SET_DUMPABLE, 1);  // the leak check at the end of a sanitized run reads the process
  }
  bool gone() const { return gone_; }

 private:
  const bool root_;
  const bool gone_;
};

}  // namespace

TEST_SUITE("usage/store") {
  TEST_CASE("a history that can't be written for weeks costs no count and little room, and is caught up with") {
    constexpr std::array<std::string_view, 4> kKeys = {"a", "b", "c", "d"};
    constexpr int kHours = 1'200;
    constexpr int kHoursKept = 250;  // 1,000 totals
    const WallTime begin = local_noon();
    const WallTime end = begin + hours(kHours);
    const TempFolder folder;
    put(folder / "history", "in its place");
    Gateway gateway(folder.path(), begin);
    gateway.counters->apply(endless(), begin);
    for (int hour = 0; hour < kHours; ++hour) {
      for (const std::string_view key : kKeys) {
        REQUIRE(gateway.use(begin + hours(hour), {10, 5, false, false, Millis(100), key}));
      }
      if (hour % 24 != 23) continue;
      gateway.counters->tick(begin + hours(hour + 1));
      REQUIRE_FALSE(gateway.counters->disk_ok());
    }
    constexpr std::int64_t kRequests = kHours * std::int64_t{kKeys.size()};
    CHECK(gateway.warnings.size() == 1);
    CHECK(fs::file_size(folder / "gpt/one.json") < std::uintmax_t{512} * 1024);
    {
      const TempFolder killed;
      copy_as_killed(folder.path(), killed.path());
      const Gateway again(killed.path(), end);
      CHECK(again.warnings.empty());
      CHECK(again.state(end).total.requests == kRequests);
    }

    fs::remove(folder / "history");
    gateway.counters->tick(end + kSecond);
    CHECK(gateway.counters->disk_ok());
    CHECK(gateway.warnings.size() == 2);
    CHECK(gateway.state(end).total.requests == kRequests);
    const auto requests = requests_by_hour(gateway);
    REQUIRE(requests.size() == kHoursKept);
    CHECK(requests.begin()->first == end - hours(kHoursKept));
    CHECK(history_requests(gateway) == kHoursKept * std::int64_t{kKeys.size()});
  }

  TEST_CASE("a counter's file that breaks after its hour went to the history does not double the hour") {
    for (const bool broken : {true, false}) {
      CAPTURE(broken);
      const WallTime begin = local_noon();
      const WallTime over = begin + hours(1);
      const TempFolder folder;
      const TempFolder killed;
      Gateway gateway(folder.path(), begin);
      gateway.counters->apply(endless(), begin);
      CHECK(gateway.use(begin));
      gateway.counters->tick(begin);
      gateway.counters->tick(begin + kSecond);  // the journal is cut: what it holds is not all of the hour
      CHECK(gateway.use(begin + 2 * kSecond));
      gateway.counters->tick(over);
      gateway.counters->tick(over + kSecond);
      copy_as_killed(folder.path(), killed.path());
      if (broken) put(killed / "gpt/one.json", "{");
      Gateway again(killed.path(), over + kSecond);
      again.counters->apply(endless(), over + kSecond);
      CHECK(again.warnings.size() == (broken ? 1 : 0));
      CHECK(history_requests(again) == 2);
      again.counters->tick(over + hours(1));
      CHECK(history_requests(again) == 2);
    }
  }

  TEST_CASE("a counter's file that is deleted between two runs takes none of its history with it") {
    struct Row {
      bool killed, deleted;
    };
    for (const Row& row : {Row{false, true}, Row{false, false}, Row{true, true}, Row{true, false}}) {
      CAPTURE(row.killed);
      CAPTURE(row.deleted);
      const WallTime begin = local_noon();
      const TempFolder stopped;
      const TempFolder killed;
      for (const int run : {0, 1}) {
        const WallTime now = begin + run * 10 * kSecond;
        Gateway gateway(stopped.path(), now);
        gateway.counters->apply(endless(), now);
        gateway.counters->tick(now);
        for (int i = 1; i <= 3; ++i) CHECK(gateway.use(now + i * kSecond));
        copy_as_killed(stopped.path(), killed.path());
      }
      const fs::path& folder = row.killed ? killed.path() : stopped.path();
      if (row.deleted) REQUIRE(fs::remove(folder / "gpt/one.json"));

      const WallTime third = begin + 20 * kSecond;
      {
        Gateway gateway(folder, third);
        gateway.counters->apply(endless(), third);
        CHECK(gateway.state(third).total.requests == (row.deleted ? 0 : 6));
        CHECK(history_requests(gateway) == 6);
        CHECK(gateway.use(third));
        gateway.counters->tick(third);
        CHECK(history_requests(gateway) == 7);
      }
      for (const WallTime later : {third + kSecond, third + hours(1), third + hours(5)}) {
        Gateway gateway(folder, later);
        gateway.counters->apply(endless(), later);
        gateway.counters->tick(later);
        CHECK(gateway.state(later).total.requests == (row.deleted ? 1 : 7));
        CHECK(history_requests(gateway) == 7);
      }
    }
  }

  TEST_CASE("a stop writes the hour under way to the history, and only if it changed") {
    const WallTime begin = local_noon();
    const TempFolder folder;
    const fs::path file = folder / "history" / (format_local_time(begin).substr(0, 10) + ".jsonl");
    Gateway gateway(folder.path(), begin);
    gateway.counters->apply(endless(), begin);
    CHECK(gateway.use(begin));
    gateway.counters->tick(begin);
    CHECK_FALSE(fs::exists(file));
    REQUIRE(gateway.counters->flush(begin));
    const std::string text = contents(file);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    REQUIRE(gateway.counters->flush(begin));
    CHECK(contents(file) == text);
    CHECK(gateway.use(begin + kSecond));
    REQUIRE(gateway.counters->flush(begin));
    const std::string longer = contents(file);
    CHECK(std::count(longer.begin(), longer.end(), '\n') == 2);
    CHECK(longer.find("\"requests\":2") != std::string::npos);  // the whole hour again: it goes on as one total
    CHECK(history_requests(gateway) == 2);
  }

  TEST_CASE("how long counts have waited for their files is known") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(endless(), noon());
    const auto lag = [&](SteadyTime now) { return gateway.counters->lag(now); };
    CHECK(lag(steady_now() + hours(1)).age == Millis(0));
    CHECK(gateway.use(noon()));
    CHECK(lag(steady_now() + hours(1)).age >= hours(1));
    CHECK(lag(SteadyTime()).age == Millis(0));
    CHECK(lag(steady_now()).journal_bytes > 0);
    {
      const FileSizeLimit full(0);
      gateway.counters->tick(noon() + hours(1));
      REQUIRE_FALSE(gateway.counters->disk_ok());
      CHECK(lag(steady_now() + hours(1)).age >= hours(1));
    }
    gateway.counters->tick(noon() + hours(2));
    CHECK(lag(steady_now() + hours(1)).age == Millis(0));
    CHECK(gateway.use(noon() + hours(2)));
    CHECK(lag(steady_now() + hours(1)).age >= hours(1));
  }

  TEST_CASE("as long as old days can't be dropped the disk is not well") {
    const TempFolder folder;
    const fs::path history = folder / "history";
    const fs::path old_day = history / "2023-01-01.jsonl";
    put(old_day, "");
    REQUIRE(::chmod(folder.path().parent_path().c_str(), 0777) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    REQUIRE(::chmod(history.c_str(), 0555) == 0);
    {
      const NoRoot nobody;
      if (!nobody.gone()) {
        MESSAGE("left out: it can't be tested as this user");
        return;
      }
      Gateway gateway(folder.path());
      gateway.counters->apply(endless(), noon());
      for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        gateway.counters->tick(noon() + i * kSecond);
        CHECK_FALSE(gateway.counters->disk_ok());
      }
      CHECK(gateway.warnings == std::vector<std::string>{
                                    "usage data can't be saved and is kept in memory until it can: can't remove " +
                                    old_day.string() + ": Permission denied"});
    }
    REQUIRE(::chmod(history.c_str(), 0777) == 0);
    Gateway gateway(folder.path());
    gateway.counters->apply(endless(), noon());
    gateway.counters->tick(noon() + 5 * kSecond);
    CHECK(gateway.counters->disk_ok());
    CHECK_FALSE(fs::exists(old_day));
  }
}
