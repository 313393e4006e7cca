#include "usage/folder.h"

#include <doctest/doctest.h>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kSecond{1};

config::Config daily(std::int64_t requests = 1000) { return config_of_one({limit_of(requests)}); }

}  // namespace

TEST_SUITE("usage/folder") {
  TEST_CASE("a restart keeps every figure") {
    const TempFolder folder;
    CounterState before;
    {
      Gateway gateway(folder.path());
      gateway.counters->apply(daily(), noon());
      CHECK(gateway.use(noon(), {100, 20, true, false}));
      CHECK(gateway.use(noon(), {7, 3, false, true}));
      gateway.meter()->count_error("-", noon());
      before = gateway.state();
    }
    Gateway gateway(folder.path(), noon() + kSecond);
    gateway.counters->apply(daily(), noon() + kSecond);
    const CounterState after = gateway.state(noon() + kSecond);
    CHECK(after.windows[0].used == Counts{2, 107, 23, 0, 120, 2});
    CHECK(after.total == Counts{2, 107, 23, 0, 120, 2});
    CHECK(after.windows[0].last_reset == before.windows[0].last_reset);
    CHECK(after.windows[0].next_reset == before.windows[0].next_reset);
    CHECK(gateway.warnings.empty());
    CHECK(gateway.resets.empty());
  }

  TEST_CASE("killed at any moment between files and journal, an exchange counts once") {
    const TempFolder folder;
    const TempFolder killed;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of({{"gpt", "one", {limit_of(1000)}, "acme", {limit_of(1000)}}}), noon());
    for (int i = 1; i <= 40; ++i) {
      CAPTURE(i);
      CHECK(gateway.use(noon()));
      if (i % 3 == 0) gateway.counters->tick(noon() + i * kSecond);
      if (i % 10 == 0) CHECK(gateway.counters->flush(noon()));
      copy_as_killed(folder.path(), killed.path());
      // The half of a cut that comes after saving the files may be missing: the old journal is still there.
      if (i % 2 == 0) fs::rename(killed / "journal", killed / "journal.old");
      Gateway again(killed.path());
      CHECK(again.used().requests == i);
      CHECK(again.counters->meter("_providers", "acme")->state(noon()).total.requests == i);
      CHECK(again.warnings.empty());
    }
  }

  TEST_CASE("journal records that the files include already do not count again") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    for (int i = 0; i < 5; ++i) CHECK(gateway.use(noon()));
    const std::string journal = contents(folder / "journal");
    CHECK(gateway.counters->flush(noon()));
    CHECK(gateway.use(noon()));
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    put(killed / "journal.old", journal);  // as if the process had died before removing it
    Gateway again(killed.path());
    CHECK(again.used().requests == 6);
    CHECK_FALSE(fs::exists(killed / "journal.old"));
  }

  TEST_CASE("foreign files are set aside, and other things left alone") {
    const TempFolder folder;
    { CHECK(Gateway(folder.path()).use(noon())); }
    put(folder / "gpt/copy.json", contents(folder / "gpt/one.json"));
    put(folder / "gpt/deep.json", std::string(60'000, '['));
    put(folder / "gpt/huge.json", std::string(1 << 20, ' '));
    put(folder / "gpt/binary.json", std::string("\x00\xff\xfe", 3));
    put(folder / "gpt/.left.json.tmp", "{");
    put(folder / "gpt/notes.txt", "mine");
    put(folder / "history/2024/01.json", "[]");
    put(folder / "stray.json", "[]");
    fs::create_directories(folder / "gpt/folder.json");
    Gateway gateway(folder.path());
    CHECK(gateway.used().requests == 1);
    CHECK(gateway.warnings.size() == 4);
    for (const char* name : {"copy", "deep", "huge", "binary"}) {
      CAPTURE(name);
      CHECK(fs::exists(folder / ("gpt/" + std::string(name) + ".json.corrupt")));
    }
    CHECK_FALSE(fs::exists(folder / "gpt/.left.json.tmp"));
    CHECK(contents(folder / "gpt/notes.txt") == "mine");
    CHECK(contents(folder / "history/2024/01.json") == "[]");
    CHECK(contents(folder / "stray.json") == "[]");
  }

  TEST_CASE("deleting a counter's file resets it within a tick") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(daily(2), noon());
    auto in_flight = gateway.meter()->reserve({5}, clocks(noon()));
    CHECK(gateway.use(noon()));
    CHECK_FALSE(gateway.use(noon()));
    gateway.counters->tick(noon());
    const auto next_reset = gateway.window().next_reset;
    REQUIRE(fs::remove(folder / "gpt/one.json"));
    gateway.counters->tick(noon() + kSecond);
    const CounterState state = gateway.state(noon() + kSecond);
    CHECK(state.windows[0].used == Counts{});
    CHECK(state.total == Counts{});
    CHECK(state.reserved_requests == 1);
    CHECK(state.windows[0].last_reset == noon() + kSecond);
    CHECK(state.windows[0].next_reset == next_reset);
    REQUIRE(gateway.resets.size() == 1);
    CHECK(gateway.resets[0].before.requests == 1);
    CHECK(contents(folder / "gpt/one.json").find("\"requests\": 0,") != std::string::npos);
    in_flight->settle({1, 1, false, false}, clocks(noon()));
    // The journal still holds the exchange from before; it must not come back.
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).used().requests == 1);
    fs::remove_all(folder / "gpt");
    gateway.counters->tick(noon() + 2 * kSecond);
    CHECK(gateway.used().requests == 0);
  }

  TEST_CASE("a file deleted while no gateway runs is a reset too, also after a kill") {
    const TempFolder folder;
    const TempFolder killed;
    {
      Gateway gateway(folder.path());
      gateway.counters->tick(noon());
      CHECK(gateway.use(noon()));
      gateway.counters->tick(noon());
      CHECK(gateway.use(noon()));
      CHECK(gateway.counters->flush(noon()));
      CHECK(gateway.use(noon()));
      copy_as_killed(folder.path(), killed.path());
    }
    for (const auto& path : {folder.path(), killed.path()}) {
      CAPTURE(path.string());
      fs::remove(path / "gpt/one.json");
      {
        Gateway gateway(path);
        CHECK(gateway.used().requests == 0);
        CHECK(gateway.use(noon()));
        const TempFolder again;
        copy_as_killed(path, again.path());
        CHECK(Gateway(again.path()).used().requests == 1);
      }
      CHECK(Gateway(path).used().requests == 1);
    }
  }

  TEST_CASE("a file deleted soon after it was first written takes with it what was counted before there was one") {
    struct Row {
      int before, ticks, after;
    };
    for (const Row& row : {Row{3, 2, 0}, Row{3, 1, 1}, Row{3, 2, 1}, Row{1, 1, 3}}) {
      CAPTURE(row.ticks);
      CAPTURE(row.after);
      const TempFolder folder;
      const TempFolder killed;
      Gateway gateway(folder.path());
      gateway.counters->apply(daily(), noon());
      for (int i = 0; i < row.before; ++i) CHECK(gateway.use(noon()));
      for (int i = 0; i < row.ticks; ++i) gateway.counters->tick(noon() + i * kSecond);
      for (int i = 0; i < row.after; ++i) CHECK(gateway.use(noon()));
      copy_as_killed(folder.path(), killed.path());
      CHECK(Gateway(killed.path()).used().requests == row.before + row.after);
      copy_as_killed(folder.path(), killed.path());
      REQUIRE(fs::remove(killed / "gpt/one.json"));
      Gateway again(killed.path());
      again.counters->apply(daily(), noon());
      CHECK(again.used().requests == 0);
      CHECK(again.state().total.requests == 0);
    }
  }

  TEST_CASE("a reset that was missed while no gateway ran is made up for, once") {
    const TempFolder folder;
    { Gateway gateway(folder.path()); gateway.counters->apply(daily(1), noon()); CHECK(gateway.use(noon())); }
    const WallTime later = noon() + std::chrono::hours(72);
    {
      Gateway gateway(folder.path(), later);
      CHECK(gateway.resets.empty());
      gateway.counters->apply(daily(1), later);
      REQUIRE(gateway.resets.size() == 1);
      CHECK(gateway.resets[0].before.requests == 1);
      CHECK(gateway.use(later));
    }
    Gateway gateway(folder.path(), later + kSecond);
    gateway.counters->apply(daily(1), later + kSecond);
    CHECK(gateway.resets.empty());
    CHECK_FALSE(gateway.use(later + kSecond));
  }

  TEST_CASE("a kill after a reset leaves the periods apart") {
    const TempFolder folder;
    const TempFolder killed;
    Gateway gateway(folder.path());
    gateway.counters->apply(daily(), noon());
    gateway.counters->tick(noon());
    const WallTime midnight = *gateway.window().next_reset;
    for (int i = 0; i < 5; ++i) CHECK(gateway.use(midnight - kSecond));
    CHECK(gateway.used(midnight).requests == 0);
    CHECK(gateway.use(midnight - kSecond));  // the clock stepped back: still the new period
    CHECK(gateway.use(midnight + kSecond));
    CHECK(gateway.use(midnight - kSecond));
    for (const bool file_broken : {false, true}) {
      CAPTURE(file_broken);
      copy_as_killed(folder.path(), killed.path());
      if (file_broken) put(killed / "gpt/one.json", "");
      Gateway again(killed.path(), midnight + 2 * kSecond);
      again.counters->apply(daily(), midnight + 2 * kSecond);
      const CounterState state = again.state(midnight + 2 * kSecond);
      CHECK(again.resets.empty());
      CHECK(state.windows[0].used.requests == 3);
      CHECK(state.total.requests == 8);
      CHECK(state.windows[0].last_reset == midnight);
      CHECK(state.windows[0].next_reset == gateway.window(midnight).next_reset);
    }
  }

  TEST_CASE("a counter that only the journal knows has its missed reset made up for") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(daily(), noon());
    CHECK(gateway.use(noon()));
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    REQUIRE_FALSE(fs::exists(killed / "gpt/one.json"));
    const WallTime tomorrow = noon() + std::chrono::hours(24);
    Gateway again(killed.path(), tomorrow);
    again.counters->apply(daily(), tomorrow);
    CHECK(again.resets.size() == 1);
    CHECK(again.used(tomorrow).requests == 0);
    CHECK(again.state(tomorrow).total.requests == 1);
  }

  TEST_CASE("on a full disk counting goes on in memory, with one warning, and is caught up with afterwards") {
    const TempFolder folder;
    const TempFolder killed;
    Gateway gateway(folder.path());
    gateway.counters->apply(daily(), noon());
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon());
    const std::size_t room = contents(folder / "journal").size() + 20;  // the next record is torn
    {
      const FileSizeLimit limit(room);
      for (int i = 1; i <= 20; ++i) {
        CHECK(gateway.use(noon()));
        gateway.counters->tick(noon() + i * kSecond);
        CHECK_FALSE(gateway.counters->disk_ok());
      }
      CHECK_FALSE(gateway.counters->flush(noon()));
    }
    CHECK(gateway.warnings.size() == 1);
    CHECK(gateway.used().requests == 21);
    gateway.counters->tick(noon() + 30 * kSecond);
    CHECK(gateway.counters->disk_ok());
    CHECK(gateway.warnings.size() == 2);
    CHECK(gateway.use(noon()));
    copy_as_killed(folder.path(), killed.path());
    Gateway again(killed.path());
    CHECK(again.used().requests == 22);
    CHECK(again.warnings.empty());
  }

  TEST_CASE("a cut that can't save the files keeps the old journal until they are") {
    const TempFolder folder;
    const TempFolder killed;
    Gateway gateway(folder.path());
    for (int i = 0; i < 3; ++i) CHECK(gateway.use(noon()));
    const std::string records = contents(folder / "journal");
    {
      const FileSizeLimit limit(0);
      CHECK_FALSE(gateway.counters->flush(noon()));
    }
    CHECK(contents(folder / "journal.old") == records);
    CHECK(gateway.use(noon()));
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).used().requests == 4);
    REQUIRE(gateway.counters->flush(noon()));
    CHECK_FALSE(fs::exists(folder / "journal.old"));
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).used().requests == 4);
  }

  TEST_CASE("a disk that is full at the start keeps nobody from serving") {
    const TempFolder folder;
    { CHECK(Gateway(folder.path()).use(noon())); }
    std::unique_ptr<Gateway> gateway;
    {
      const FileSizeLimit limit(0);
      gateway = std::make_unique<Gateway>(folder.path());
      gateway->counters->apply(daily(), noon());
      CHECK(gateway->use(noon()));
      gateway->counters->tick(noon());
      CHECK_FALSE(gateway->counters->disk_ok());
    }
    gateway->counters->tick(noon() + kSecond);
    CHECK(gateway->counters->disk_ok());
    gateway.reset();
    CHECK(Gateway(folder.path()).used().requests == 2);
  }

  TEST_CASE("a folder that vanishes while the gateway runs is made again") {
    const TempFolder folder;
    Gateway gateway(folder / "usage");
    gateway.counters->apply(daily(), noon());
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon());
    fs::remove_all(folder / "usage");
    put(folder / "usage", "in the way");
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon() + 10 * kSecond);
    CHECK_FALSE(gateway.counters->disk_ok());
    fs::remove(folder / "usage");
    gateway.counters->tick(noon() + 11 * kSecond);
    CHECK(gateway.counters->disk_ok());
    CHECK(gateway.use(noon()));
    const std::int64_t requests = gateway.used().requests;
    const TempFolder killed;
    copy_as_killed(folder / "usage", killed.path());
    CHECK(Gateway(killed.path()).used().requests == requests);
  }

  TEST_CASE("a file deleted while it is about to be saved does not come back") {
    const TempFolder folder;
    const auto counter = std::make_shared<Counter>("gpt", "one", noon());
    Resets resets;
    REQUIRE(save_changes(folder.path(), {counter}));
    counter->count_error("-", noon(), resets);
    REQUIRE(fs::remove(folder / "gpt/one.json"));
    REQUIRE(save_changes(folder.path(), {counter}));
    CHECK(fs::is_empty(folder / "gpt"));
    clear_deleted(folder.path(), {counter}, noon(), resets);
    CHECK(counter->state(noon(), resets).total.errors == 0);
    CHECK(resets.size() == 1);
    REQUIRE(save_changes(folder.path(), {counter}));
    CHECK(fs::exists(folder / "gpt/one.json"));
  }

  TEST_CASE("a lock whose file was deleted is taken again, so that no second gateway comes in") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->tick(noon());
    REQUIRE(fs::remove(folder / "lock"));
    gateway.counters->tick(noon());
    CHECK(gateway.counters->disk_ok());
    const auto second = Counters::open(folder.path(), {}, {}, noon());
    REQUIRE_FALSE(second);
    CHECK(second.error().detail.find("is used by another gateway") != std::string::npos);
  }

  TEST_CASE("a gateway whose folder another one took over leaves it alone and says so") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon());
    REQUIRE(fs::remove(folder / "lock"));
    auto second = Counters::open(folder.path(), {}, {}, noon());
    REQUIRE(second);
    REQUIRE((*second)->meter("gpt", "one")->reserve({1}, clocks(noon())));
    (*second)->meter("gpt", "one")->reserve({1}, clocks(noon()))->settle({1, 1}, clocks(noon()));
    REQUIRE((*second)->flush(noon()));
    const std::string theirs = contents(folder / "gpt/one.json");
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon() + std::chrono::seconds(10));
    CHECK_FALSE(gateway.counters->disk_ok());
    CHECK_FALSE(gateway.counters->flush(noon()));
    CHECK(contents(folder / "gpt/one.json") == theirs);
  }

  TEST_CASE("many counters are saved together") {
    const TempFolder folder;
    {
      Gateway gateway(folder.path());
      for (int i = 0; i < 200; ++i) {
        const auto meter = gateway.counters->meter(std::to_string(i % 20), std::to_string(i));
        meter->reserve({1}, clocks(noon()))->settle({1, 1, false, false}, clocks(noon()));
      }
      CHECK(gateway.counters->flush(noon()));
    }
    Wallets wallets("unused");
    const auto found = read_folder(folder.path(), wallets);
    REQUIRE(found);
    CHECK(found->counters.size() == 200);
    CHECK(found->warnings.empty());
  }
}
