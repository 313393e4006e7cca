// Quotas of several windows under many threads: exact in each of them.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>

#include "usage/counters_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr int kThreads = 8;

}  // namespace

TEST_SUITE("usage/counters_threads") {
  TEST_CASE("of many threads exactly as many get through as the tightest window lets") {
    struct Row {
      std::string name;
      config::Quota own, account;
    };
    for (const Row& row :
         {Row{"one window", {limit_of(100)}, {}}, Row{"the first of two", {rolling("5h", 100), limit_of(130)}, {}},
          Row{"the last of three", {limit_of(120), rolling("1w", 500), rolling("5h", 100)}, {}},
          Row{"two alike", {limit_of(100), rolling("5h", 100)}, {limit_of(100)}},
          Row{"the account's only one", {}, {limit_of(100)}},
          Row{"the account's last", {limit_of(130), rolling("5h", 120)}, {limit_of(110), rolling("5h", 100)}},
          Row{"its own, beside an account's", {rolling("5h", 100), limit_of(130)}, {limit_of(101)}}}) {
      CAPTURE(row.name);
      const TempFolder folder;
      Gateway gateway(folder.path());
      gateway.counters->apply(config_of({{"gpt", "one", row.own, "acme", row.account}}), noon());
      std::atomic<int> settled{0};
      in_threads(kThreads, [&](int thread) {
        const auto meter = gateway.meter();
        for (int i = 0; i < 60; ++i) {
          auto reservation = meter->reserve({10}, clocks(noon()));
          if (!reservation || (thread + i) % 4 == 0) continue;  // the latter: given back
          reservation->settle({7, 3}, clocks(noon()));
          ++settled;
        }
      });
      // Threads that gave back may have been the last to ask.
      while (gateway.use(noon())) ++settled;
      CHECK(settled == 100);
      const CounterState own = gateway.state();
      CHECK(own.total.requests == 100);
      CHECK(own.reserved_requests == 0);
      CHECK(own.reserved_tokens == 0);
      for (const WindowState& window : own.windows) CHECK(window.used.requests == 100);
      if (row.account.empty()) continue;
      const CounterState account = *gateway.meter()->account_state(noon());
      CHECK(account.reserved_requests == 0);
      for (const WindowState& window : account.windows) CHECK(window.used.requests == 100);
    }
  }

  TEST_CASE("entries that share an account share each of its windows") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const config::Quota account = {rolling("5h", 100), limit_of(150)};
    gateway.counters->apply(config_of({{"a", "x", {limit_of(70), rolling("5h", 90)}, "acme", account},
                                       {"b", "y", {}, "acme", account},
                                       {"c", "z", {rolling("1h", 20)}, "acme", account}}),
                            noon());
    const std::vector<std::shared_ptr<Meter>> meters = {
        gateway.counters->meter("a", "x"), gateway.counters->meter("b", "y"), gateway.counters->meter("c", "z")};
    std::atomic<int> settled{0};
    in_threads(kThreads, [&](int thread) {
      for (int i = 0; i < 60; ++i) {
        auto reservation = meters[static_cast<std::size_t>(thread + i) % 3]->reserve({10}, clocks(noon()));
        if (!reservation) continue;
        reservation->settle({7, 3}, clocks(noon()));
        ++settled;
      }
    });
    CHECK(settled == 100);
    std::int64_t sum = 0;
    for (const auto& meter : meters) {
      sum += meter->state(noon()).total.requests;
      const CounterState shared = *meter->account_state(noon());
      for (const WindowState& window : shared.windows) CHECK(window.used.requests == 100);
    }
    CHECK(sum == 100);
    CHECK(meters[0]->state(noon()).total.requests <= 70);
    CHECK(meters[2]->state(noon()).total.requests <= 20);
  }

  TEST_CASE("by clocks that differ, across resets, no period takes more than its limit and each exchange counts in one") {
    const TempFolder folder;
    std::mutex mutex;
    std::vector<Reset> resets;
    auto opened = Counters::open(
        folder.path(),
        [&](const Reset& reset) {
          const std::lock_guard<std::mutex> lock(mutex);
          resets.push_back(reset);
        },
        nullptr, local_noon());
    REQUIRE(opened);
    Counters& counters = **opened;
    counters.apply(config_of_one({limit_of(10, {}, "* * * * *"), rolling("90m", 200)}), local_noon());
    const auto meter = counters.meter("gpt", "one");
    std::atomic<std::int64_t> settled{0};
    in_threads(kThreads, [&](int thread) {
      for (int i = 0; i < 300; ++i) {
        // Each thread's clock is up to some seconds off, and steps back now and then.
        const WallTime now = local_noon() + std::chrono::seconds(i + thread - (i % 7 == 0 ? 5 : 0));
        if (thread == 0) counters.tick(now);
        if (auto reservation = meter->reserve({1}, clocks(now))) {
          reservation->settle({1, 1}, clocks(now));
          ++settled;
        }
      }
    });
    const CounterState last = meter->state(local_noon());
    std::int64_t sum = last.windows[0].used.requests;
    CHECK(sum <= 10);
    for (const Reset& reset : resets) {
      REQUIRE(reset.cause == "* * * * *");
      CHECK(reset.before.requests <= 10);
      sum += reset.before.requests;
    }
    CHECK(resets.size() == 5);
    CHECK(sum == settled);
    CHECK(last.windows[1].used.requests == settled);
    CHECK(last.total.requests == settled);
  }

  TEST_CASE("reloads that change the windows meanwhile lose no exchange and leave nothing reserved") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const config::Quota account = {rolling("1d", 1'000'000)};
    const std::vector<config::Config> configs = {
        config_of({{"gpt", "one", {limit_of(1'000'000), rolling("5h", 1'000'000)}, "acme", account}}),
        config_of({{"gpt", "one", {rolling("5h", 1'000'000)}, "acme"}}),
        config_of({}),
        config_of({{"gpt", "one", {rolling("2h", 1'000'000), limit_of(1'000'000)}, "acme", account}})};
    std::atomic<std::int64_t> settled{0};
    in_threads(kThreads, [&](int thread) {
      for (int i = 0; i < 120; ++i) {
        if (thread == 0) gateway.counters->apply(configs[static_cast<std::size_t>(i) % configs.size()], noon());
        if (thread == 1) gateway.counters->tick(noon());
        if (thread > 1 && gateway.use(noon())) ++settled;
      }
    });
    CHECK(settled == 6 * 120);
    const CounterState state = gateway.state();
    CHECK(state.total.requests == settled);
    CHECK(state.reserved_requests == 0);
    CHECK(state.reserved_tokens == 0);
    gateway.counters->apply(configs[0], noon());
    CHECK(gateway.meter()->account_state(noon())->reserved_requests == 0);
    gateway.counters->tick(noon());
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).state().total.requests == settled);
  }
}
