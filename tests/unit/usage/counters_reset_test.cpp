// Counters that are set to zero by hand while the gateway runs.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kSecond{1};

config::Config with_account() {
  return config_of({{"gpt", "one", {limit_of(1000), rolling("5h", 1000)}, "acme", {limit_of(1000)}}});
}

Counts account_total(const Gateway& gateway) { return gateway.meter()->account_state(noon())->total; }

}  // namespace

TEST_SUITE("usage/counters_reset") {
  TEST_CASE("a reset is zero at once, on the disk too, with or without a file before") {
    for (const bool has_file : {true, false}) {
      CAPTURE(has_file);
      const TempFolder folder;
      Gateway gateway(folder.path());
      gateway.counters->apply(with_account(), noon());
      for (int i = 0; i < 3; ++i) CHECK(gateway.use(noon()));
      if (has_file) gateway.counters->tick(noon());
      CHECK(gateway.use(noon()));
      REQUIRE(fs::exists(folder / "gpt/one.json") == has_file);

      const Result<Counts> before = gateway.counters->reset("gpt", "one", noon() + kSecond);
      REQUIRE(before);
      CHECK(*before == Counts{4, 40, 20, 0, 0});
      REQUIRE(gateway.resets.size() == 1);
      CHECK(gateway.resets[0].model == "gpt");
      CHECK(gateway.resets[0].provider == "one");
      CHECK(gateway.resets[0].cause == "by hand");
      CHECK(gateway.resets[0].before == *before);

      const TempFolder killed;
      copy_as_killed(folder.path(), killed.path());
      Gateway again(killed.path(), noon() + kSecond);
      again.counters->apply(with_account(), noon() + kSecond);
      for (const Gateway* each : {&gateway, &again}) {
        const CounterState state = each->state(noon() + kSecond);
        CHECK(state.total == Counts{});
        for (const WindowState& window : state.windows) CHECK(window.used == Counts{});
        CHECK(state.windows[0].last_reset == noon() + kSecond);
        CHECK_FALSE(state.windows[1].last_reset);
        CHECK(account_total(*each).requests == 4);  // nobody reset that
        CHECK(each->use(noon() + kSecond));
        CHECK(each->state(noon() + kSecond).total.requests == 1);
      }
      copy_as_killed(folder.path(), killed.path() / "later");
      CHECK(Gateway(killed.path() / "later").state().total.requests == 1);
    }
  }

  TEST_CASE("an account is reset by its name under _providers") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(with_account(), noon());
    CHECK(gateway.use(noon()));
    const Result<Counts> before = gateway.counters->reset("_providers", "acme", noon());
    REQUIRE(before);
    CHECK(before->requests == 1);
    CHECK(account_total(gateway) == Counts{});
    CHECK(gateway.used().requests == 1);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    Gateway again(killed.path());
    again.counters->apply(with_account(), noon());
    CHECK(account_total(again) == Counts{});
    CHECK(again.used().requests == 1);
  }

  TEST_CASE("there is nothing to reset for names that nobody counts") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(with_account(), noon());
    for (const auto& [model, provider] : {std::pair("gpt", "two"), {"", ""}, {"one", "gpt"}, {"_providers", "one"}}) {
      const Result<Counts> before = gateway.counters->reset(model, provider, noon());
      REQUIRE_FALSE(before);
      CHECK(before.error().kind == ErrorKind::NotFound);
    }
    CHECK(gateway.resets.empty());
    CHECK_FALSE(fs::exists(folder / "one"));
  }

  TEST_CASE("what is in flight stays reserved, and counts after the reset") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of_one({limit_of(2)}), noon());
    auto settled = gateway.meter()->reserve({10}, clocks(noon()));
    auto granted = gateway.meter()->reserve({20}, clocks(noon()));
    REQUIRE(settled);
    REQUIRE(granted);
    std::optional<Reservation> given_back(std::move(*granted));
    REQUIRE(gateway.counters->reset("gpt", "one", noon()));
    CHECK(gateway.state().reserved_requests == 2);
    CHECK(gateway.state().reserved_tokens == 30);
    CHECK_FALSE(gateway.use(noon()));
    settled->settle({7, 3}, clocks(noon()));
    given_back.reset();
    CHECK(gateway.state().total == Counts{1, 7, 3, 0, 0});
    CHECK(gateway.state().reserved_requests == 0);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).state().total.requests == 1);
  }

  TEST_CASE("a provider that was full has room again") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of_one({limit_of(1), rolling("5h", 1)}), noon());
    CHECK(gateway.use(noon()));
    CHECK_FALSE(gateway.use(noon()));
    REQUIRE(gateway.counters->reset("gpt", "one", noon()));
    CHECK_FALSE(gateway.meter()->full_until(noon()));
    CHECK(gateway.use(noon()));
  }

  TEST_CASE("a reset that the disk does not take is an error, zero in memory, and saved when it can be") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(with_account(), noon());
    CHECK(gateway.use(noon()));
    gateway.counters->tick(noon());
    {
      const FileSizeLimit limit(0);
      const Result<Counts> before = gateway.counters->reset("gpt", "one", noon());
      REQUIRE_FALSE(before);
      CHECK(before.error().kind == ErrorKind::Io);
    }
    CHECK_FALSE(gateway.counters->disk_ok());
    CHECK(gateway.state().total == Counts{});
    CHECK(gateway.resets.size() == 1);
    gateway.counters->tick(noon() + kSecond);
    CHECK(gateway.counters->disk_ok());
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).state().total == Counts{});
  }

  TEST_CASE("between resets under load, no exchange is lost or counted twice") {
    const TempFolder folder;
    std::mutex mutex;
    std::int64_t before = 0;
    auto opened = Counters::open(
        folder.path(),
        [&](const Reset& reset) {
          const std::lock_guard<std::mutex> lock(mutex);
          before += reset.before.requests;
        },
        nullptr, noon());
    REQUIRE(opened);
    Counters& counters = **opened;
    counters.apply(with_account(), noon());
    const auto meter = counters.meter("gpt", "one");
    std::atomic<std::int64_t> settled{0};
    in_threads(5, [&](int thread) {
      for (int i = 0; i < 150; ++i) {
        if (thread == 0) {
          if (i % 3 == 0) counters.tick(noon());
          if (!counters.reset("gpt", "one", noon())) return;
        } else if (auto reservation = meter->reserve({10}, clocks(noon()))) {
          reservation->settle({7, 3}, clocks(noon()));
          ++settled;
        }
      }
    });
    const std::int64_t left = meter->state(noon()).total.requests;
    CHECK(before + left == settled);
    CHECK(settled > 0);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).state().total.requests == left);
  }
}
