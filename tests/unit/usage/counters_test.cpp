#include "usage/counters.h"

#include <doctest/doctest.h>

#include <atomic>

#include "usage/counters_fixture.h"
#include "usage/names.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

const Used kUsed{10, 5, false, false};

}  // namespace

TEST_SUITE("usage/counters") {
  TEST_CASE("a limit of 100 lets exactly 100 of many threads through, also when some of them give back") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    constexpr int kMeters = 40;
    std::vector<EntryOf> entries;
    for (int i = 0; i < kMeters; ++i) entries.push_back({"gpt", std::to_string(i), {limit_of(100)}});
    gateway.counters->apply(config_of(entries), noon());
    for (int i = 0; i < kMeters; ++i) {
      const auto meter = gateway.counters->meter("gpt", std::to_string(i));
      std::atomic<int> settled{0};
      in_threads(32, [&](int thread) {
        for (int j = 0; j < 20; ++j) {
          auto reservation = meter->reserve({10}, clocks(noon()));
          if (!reservation) continue;
          if ((j + thread) % 3 == 0) {
            meter->count_error("-", noon());  // and gives back
            continue;
          }
          reservation->settle(kUsed, clocks(noon()));
          ++settled;
        }
      });
      // Threads that held the last ones and gave them back may have been the last to ask.
      while (!meter->full_until(noon())) {
        meter->reserve({10}, clocks(noon()))->settle(kUsed, clocks(noon()));
        ++settled;
      }
      CHECK(settled == 100);
      const CounterState state = meter->state(noon());
      CHECK(state.windows[0].used.requests == 100);
      CHECK(state.windows[0].used.tokens() == 1500);
      CHECK(state.reserved_requests == 0);
      CHECK(state.reserved_tokens == 0);
      CHECK(meter->full_until(noon()) == state.windows[0].next_reset);
    }
  }

  TEST_CASE("an account's quota is one for all its models") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of({{"a", "x", {}, "acme", {limit_of(50)}},
                                       {"b", "y", {limit_of(20)}, "acme", {limit_of(50)}}}),
                            noon());
    const auto a = gateway.counters->meter("a", "x");
    const auto b = gateway.counters->meter("b", "y");
    std::atomic<int> settled{0};
    in_threads(16, [&](int thread) {
      for (int i = 0; i < 20; ++i) {
        auto reservation = (thread % 2 == 0 ? a : b)->reserve({10}, clocks(noon()));
        if (!reservation) continue;
        reservation->settle(kUsed, clocks(noon()));
        ++settled;
      }
    });
    CHECK(settled == 50);
    CHECK(a->state(noon()).total.requests + b->state(noon()).total.requests == 50);
    CHECK(b->state(noon()).total.requests <= 20);
    CHECK(a->account_state(noon())->windows[0].used.requests == 50);
    CHECK(b->account_state(noon())->windows[0].limit_requests == 50);
    CHECK(a->full_until(noon()));
    CHECK(a->full_until(noon()) == a->account_state(noon())->windows[0].next_reset);
    REQUIRE(gateway.counters->flush(noon()));
    CHECK(contents(folder / "_providers/acme.json").find("\"requests\": 50") != std::string::npos);
  }

  TEST_CASE("what is held when the account has no room is not held in the entry's own counter") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of({{"gpt", "one", {limit_of(9)}, "acme", {limit_of(1)}}}), noon());
    CHECK(gateway.use(noon()));
    CHECK_FALSE(gateway.use(noon()));
    CHECK(gateway.state().reserved_requests == 0);
  }

  TEST_CASE("a reload keeps counts and meters, and its limits hold from then on") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of_one({limit_of(3)}), noon());
    const auto meter = gateway.meter();
    for (int i = 0; i < 3; ++i) CHECK(gateway.use(noon()));
    CHECK_FALSE(gateway.use(noon()));
    auto kept = config_of_one({limit_of(5)});
    gateway.counters->apply(kept, noon());
    CHECK(gateway.meter() == meter);
    CHECK(gateway.use(noon()));
    gateway.counters->apply(config_of_one({limit_of(2, std::nullopt, "@hourly")}), noon());
    CHECK_FALSE(gateway.use(noon()));
    CHECK(gateway.used().requests == 4);
    CHECK(*gateway.window().next_reset <= noon() + std::chrono::hours(1));
    CHECK(gateway.resets.empty());
  }

  TEST_CASE("an account's quota can come and go with reloads") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of({{"gpt", "one", {}, "acme", {limit_of(1)}}}), noon());
    auto in_flight = gateway.meter()->reserve({1}, clocks(noon()));
    REQUIRE(in_flight);
    gateway.counters->apply(config_of({{"gpt", "one", {}, "acme"}}), noon());
    CHECK_FALSE(gateway.meter()->account_state(noon()));
    CHECK(gateway.use(noon()));
    in_flight->settle(kUsed, clocks(noon()));
    gateway.counters->apply(config_of({{"gpt", "one", {}, "acme", {limit_of(1)}}}), noon());
    CHECK(gateway.meter()->account_state(noon())->windows[0].used.requests == 1);
    CHECK_FALSE(gateway.use(noon()));
  }

  TEST_CASE("a provider that is gone has no quota, and has its counts again when it is back") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    gateway.counters->apply(config_of_one({limit_of(1)}), noon());
    CHECK(gateway.use(noon()));
    gateway.counters->apply(config_of({}), noon());
    gateway.counters->tick(noon() + std::chrono::hours(48));
    CHECK(gateway.resets.empty());
    CHECK_FALSE(gateway.window().next_reset);
    gateway.counters->apply(config_of_one({limit_of(1)}), noon());
    CHECK_FALSE(gateway.use(noon()));
    gateway.counters->apply(config_of({}), noon());
    gateway.counters->apply(config_of_one({limit_of(1)}), noon() + std::chrono::hours(48));
    CHECK(gateway.resets.size() == 1);
    CHECK(gateway.use(noon() + std::chrono::hours(48)));
  }

  TEST_CASE("a tick makes resets without traffic, and the callback may look at the counters") {
    const TempFolder folder;
    std::shared_ptr<Meter> meter;
    std::vector<std::int64_t> seen;
    auto opened = Counters::open(
        folder.path(),
        [&](const Reset& reset) {
          seen.push_back(reset.before.requests);
          if (meter) seen.push_back(meter->state(noon()).windows[0].used.requests);  // would hang if a lock were held
        },
        nullptr, noon());
    REQUIRE(opened);
    Counters& counters = **opened;
    counters.apply(config_of_one({limit_of(5)}), noon());
    meter = counters.meter("gpt", "one");
    meter->reserve({1}, clocks(noon()))->settle(kUsed, clocks(noon()));
    const WallTime midnight = *meter->state(noon()).windows[0].next_reset;
    counters.tick(midnight - std::chrono::seconds(1));
    CHECK(seen.empty());
    counters.tick(midnight);
    counters.tick(midnight + std::chrono::seconds(1));
    CHECK(seen == std::vector<std::int64_t>{1, 0});
    CHECK(contents(folder / "gpt/one.json").find("\"requests\": 0") != std::string::npos);
  }

  TEST_CASE("a reservation gives itself back once, wherever it has been moved") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const auto meter = gateway.meter();
    {
      auto first = meter->reserve({10}, clocks(noon()));
      auto second = meter->reserve({20}, clocks(noon()));
      *first = std::move(*second);
      Reservation third = std::move(*first);
      CHECK(meter->state(noon()).reserved_tokens >= 20);
      third.settle(kUsed, clocks(noon()));
      third.settle(kUsed, clocks(noon()));
    }
    CHECK(gateway.used().requests == 1);
    CHECK(meter->state(noon()).reserved_requests == 0);
    CHECK(meter->state(noon()).reserved_tokens == 0);
  }

  TEST_CASE("reservations may outlive the counters") {
    const TempFolder folder;
    auto gateway = std::make_unique<Gateway>(folder.path());
    auto settled = gateway->meter()->reserve({10}, clocks(noon()));
    const auto given_back = gateway->meter()->reserve({10}, clocks(noon()));
    gateway.reset();
    settled->settle(kUsed, clocks(noon()));
    CHECK(contents(folder / "journal").empty());
  }

  TEST_CASE("a second gateway on the folder is refused, and welcome when the first is gone") {
    const TempFolder folder;
    {
      const Gateway gateway(folder.path());
      const auto second = Counters::open(folder.path(), nullptr, nullptr, noon());
      REQUIRE_FALSE(second);
      CHECK(second.error().kind == ErrorKind::Io);
      CHECK(second.error().detail ==
            folder.path().string() + " is used by another gateway (pid " + std::to_string(::getpid()) +
                "): stop it, or choose another folder with --data");
    }
    CHECK(Counters::open(folder.path(), nullptr, nullptr, noon()));
  }

  TEST_CASE("a folder that can't be used says what to do") {
    const TempFolder folder;
    put(folder / "file", "");
    // Not even root can write to these.
    for (const fs::path& path : {folder / "file/usage", fs::path("/proc/self"), fs::path("/proc/usage")}) {
      CAPTURE(path.string());
      const auto opened = Counters::open(path, nullptr, nullptr, noon());
      REQUIRE_FALSE(opened);
      CHECK(opened.error().kind == ErrorKind::Io);
      const std::string chown = "chown -R " + std::to_string(::geteuid());
      for (const std::string& part : {path.string(), chown, std::string("--data")}) {
        CHECK(opened.error().detail.find(part) != std::string::npos);
      }
    }
  }

  TEST_CASE("names with anything in them have files of their own and come back") {
    const TempFolder folder;
    const std::vector<std::string> names = {
        "openai/gpt-4o", "../../etc", "..",        ".",     "a b", "a%20b", "日本語", "claude-*",
        "journal",       "lock",      "x.corrupt", "x.tmp", "\n",  "_x",    "con:1",  std::string(1000, 'x'),
        std::string(1000, 'y')};
    {
      Gateway gateway(folder.path());
      for (const std::string& name : names) {
        gateway.counters->meter(name, name)->reserve({1}, clocks(noon()))->settle(kUsed, clocks(noon()));
        gateway.counters->meter(name, "p")->reserve({1}, clocks(noon()))->settle(kUsed, clocks(noon()));
      }
      const TempFolder killed;
      copy_as_killed(folder.path(), killed.path());
      Gateway rebuilt(killed.path());
      for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(rebuilt.counters->meter(name, name)->state(noon()).total.requests == 1);
      }
      CHECK(rebuilt.warnings.empty());
    }
    Gateway gateway(folder.path());
    CHECK(gateway.warnings.empty());
    for (const std::string& name : names) {
      CAPTURE(name);
      CHECK(gateway.counters->meter(name, name)->state(noon()).total.requests == 1);
      CHECK(gateway.counters->meter(name, "p")->state(noon()).total.tokens() == 15);
      CHECK(fs::exists(folder / snapshot_path_of(name, name)));
    }
  }

  TEST_CASE("settling, ticking, reloading and reading at once lose nothing") {
    const TempFolder folder;
    {
      Gateway gateway(folder.path());
      const auto config = config_of({{"gpt", "one", {limit_of(1'000'000)}, "acme", {limit_of(1'000'000)}}});
      gateway.counters->apply(config, noon());
      in_threads(6, [&](int thread) {
        const auto meter = gateway.meter();
        for (int i = 0; i < 300; ++i) {
          if (thread == 0) gateway.counters->tick(noon() + std::chrono::seconds(i));
          if (thread == 1) gateway.counters->apply(config, noon());
          if (thread == 1 && i % 10 == 0) static_cast<void>(gateway.counters->flush(noon()));
          if (thread == 2) meter->state(noon());
          if (thread > 2) meter->reserve({1}, clocks(noon()))->settle(kUsed, clocks(noon()));
        }
      });
      CHECK(gateway.meter()->state(noon()).total.requests == 900);
      CHECK(gateway.warnings.empty());
      const TempFolder killed;
      copy_as_killed(folder.path(), killed.path());
      CHECK(Gateway(killed.path()).meter()->state(noon()).total.requests == 900);
    }
    Gateway gateway(folder.path());
    CHECK(gateway.meter()->state(noon()).total.requests == 900);
    CHECK(contents(folder / "journal").empty());
  }
}
