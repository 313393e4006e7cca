// `"durability": "strict"`: an exchange is on the disk before its answer ends.
#include <fcntl.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include <atomic>

#include "base/fd.h"
#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kSecond{1};

config::Config durable(config::Durability durability) {
  config::Config config = config_of({{"gpt", "one", {limit_of(1'000'000)}, "acme", {rolling("5h", 1'000'000)}}});
  config.global.durability = durability;
  return config;
}

// Puts a pipe in the place of the journal: it takes records, but can't be synced.
Fd make_unsyncable(const fs::path& journal) {
  fs::remove(journal);
  REQUIRE(::mkfifo(journal.c_str(), 0600) == 0);
  Fd reader(::open(journal.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader);
  return reader;
}

}  // namespace

TEST_SUITE("usage/counters_strict") {
  TEST_CASE("each settlement waits for the disk with strict, and only with it") {
    for (const bool strict : {true, false}) {
      CAPTURE(strict);
      const TempFolder folder;
      Gateway gateway(folder.path());
      gateway.counters->apply(durable(strict ? config::Durability::Strict : config::Durability::Normal), noon());
      gateway.counters->tick(noon());
      const Fd reader = make_unsyncable(folder / "journal");
      gateway.counters->tick(noon() + kSecond);  // finds it
      REQUIRE(gateway.counters->disk_ok());
      CHECK(gateway.use(noon() + kSecond));
      CHECK(gateway.counters->disk_ok() == !strict);
      CHECK(gateway.used(noon() + kSecond).requests == 1);
      gateway.counters->tick(noon() + 2 * kSecond);  // the second's sync, for those that did not wait
      CHECK(gateway.warnings.size() >= 1);
    }
  }

  TEST_CASE("a reload switches it on and off") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(durable(config::Durability::Strict), noon());
    gateway.counters->apply(durable(config::Durability::Normal), noon());
    gateway.counters->tick(noon());
    const Fd reader = make_unsyncable(folder / "journal");
    gateway.counters->tick(noon() + kSecond);
    CHECK(gateway.use(noon() + kSecond));
    CHECK(gateway.counters->disk_ok());
    gateway.counters->apply(durable(config::Durability::Strict), noon() + kSecond);
    CHECK(gateway.use(noon() + kSecond));
    CHECK_FALSE(gateway.counters->disk_ok());
  }

  TEST_CASE("a disk that fails keeps nobody from being served; the count is kept and caught up with") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(durable(config::Durability::Strict), noon());
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon());
    {
      const FileSizeLimit limit(contents(folder / "journal").size() + 20);  // the next record is torn
      for (int i = 0; i < 5; ++i) CHECK(gateway.use(noon()));
      CHECK_FALSE(gateway.counters->disk_ok());
      CHECK(gateway.used().requests == 6);
    }
    CHECK(gateway.warnings.size() == 1);
    gateway.counters->tick(noon() + kSecond);
    CHECK(gateway.counters->disk_ok());
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    Gateway again(killed.path());
    CHECK(again.used().requests == 6);
    CHECK(again.warnings.empty());
  }

  TEST_CASE("threads that wait for the disk while the journal is cut lose nothing, and nobody hangs") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(durable(config::Durability::Strict), noon());
    constexpr int kThreads = 6;
    constexpr int kExchanges = 200;
    std::atomic<int> running{kThreads};
    std::atomic<int> failed{0};
    in_threads(kThreads + 2, [&](int thread) {
      if (thread < kThreads) {
        for (int i = 0; i < kExchanges; ++i) failed += gateway.use(noon()) ? 0 : 1;
        --running;
        return;
      }
      while (running > 0) {  // each flush cuts the journal
        if (thread == kThreads) failed += gateway.counters->flush(noon()) ? 0 : 1;
        if (thread > kThreads) gateway.counters->tick(noon());
      }
    });
    CHECK(failed == 0);
    CHECK(gateway.counters->disk_ok());
    CHECK(gateway.warnings.empty());
    CHECK(gateway.state().total.requests == kThreads * kExchanges);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    Gateway again(killed.path());
    again.counters->apply(durable(config::Durability::Strict), noon());
    CHECK(again.state().total == gateway.state().total);
    CHECK(again.meter()->account_state(noon())->total == gateway.state().total);
  }
}
