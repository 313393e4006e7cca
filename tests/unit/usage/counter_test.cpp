#include "usage/counter.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/cron.h"
#include "usage/counter_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

Cron cron_of(const std::string& text) {
  auto cron = Cron::parse(text);
  REQUIRE(cron);
  return *cron;
}

}  // namespace

TEST_SUITE("usage/counter") {
  TEST_CASE("a reset comes at its minute, with the first look at the counter") {
    UsedCounter f;
    CHECK(f.use(noon()));
    const WallTime midnight = *f.window(noon()).next_reset;
    CHECK(midnight > noon());
    CHECK(f.window(midnight - Millis(1)).used.requests == 1);
    CHECK(f.resets.empty());
    const CounterState after = f.state(midnight);
    CHECK(after.windows[0].used == Counts{});
    CHECK(after.total == Counts{1, 7, 3, 0, 0});
    CHECK(after.windows[0].last_reset == midnight);
    CHECK(*after.windows[0].next_reset > midnight);
    REQUIRE(f.resets.size() == 1);
    CHECK(f.resets[0].model == "gpt");
    CHECK(f.resets[0].provider == "one");
    CHECK(f.resets[0].cause == "0 0 * * *");
    CHECK(f.resets[0].before == Counts{1, 7, 3, 0, 0});
  }

  TEST_CASE("a full counter has room from its reset on, without a tick") {
    UsedCounter f;
    for (int i = 0; i < 100; ++i) CHECK(f.use(noon()));
    CHECK_FALSE(f.use(noon()));
    const WallTime midnight = *f.window(noon()).next_reset;
    CHECK(f.quotas.full_until(noon(), f.resets) == midnight);
    CHECK_FALSE(f.use(midnight - Millis(1)));
    CHECK(f.use(midnight));
    CHECK_FALSE(f.quotas.full_until(midnight, f.resets));
  }

  TEST_CASE("resets that were missed are made up for once") {
    UsedCounter f;
    CHECK(f.use(noon()));
    const WindowState after = f.window(noon() + 10 * kDay);
    CHECK(f.resets.size() == 1);
    CHECK(after.used == Counts{});
    CHECK(*after.last_reset <= noon() + 10 * kDay);
    CHECK(*after.last_reset > noon() + 9 * kDay);
    CHECK(*after.next_reset > noon() + 10 * kDay);
  }

  TEST_CASE("a clock that steps back neither repeats a reset nor undoes it") {
    for (const auto step : {std::chrono::seconds(1), std::chrono::seconds(3600), std::chrono::seconds(90'000)}) {
      CAPTURE(step.count());
      UsedCounter f;
      CHECK(f.use(noon()));
      const WallTime midnight = *f.window(noon()).next_reset;
      CHECK(f.use(midnight));
      const WallTime next = *f.window(midnight).next_reset;
      CHECK(f.resets.size() == 1);
      CHECK(f.use(midnight - step));
      CHECK(f.use(midnight));
      CHECK(f.use(midnight + Millis(500)));
      CHECK(f.resets.size() == 1);
      CHECK(f.window(midnight).used.requests == 4);
      CHECK(f.window(midnight).next_reset == next);
      CHECK(f.use(next));
      CHECK(f.resets.size() == 2);
    }
  }

  TEST_CASE("a reload while the clock is back does not repeat the reset either") {
    UsedCounter f;
    const WallTime midnight = *f.window(noon()).next_reset;
    CHECK(f.use(midnight));
    const WallTime next = *f.window(midnight).next_reset;
    f.configure("0 0 * * *", midnight - std::chrono::seconds(30));
    CHECK(f.window(midnight).next_reset == next);
    CHECK(f.window(midnight).used.requests == 1);
  }

  TEST_CASE("a changed cron keeps the counts and moves the next reset") {
    UsedCounter f;
    CHECK(f.use(noon()));
    f.configure("30 * * * *", noon());
    const WindowState state = f.window(noon());
    CHECK(state.used.requests == 1);
    CHECK(state.next_reset == cron_of("30 * * * *").next_after(noon()));
    CHECK(f.resets.empty());
    f.state(noon() + std::chrono::hours(1));
    CHECK(f.resets.size() == 1);
  }

  TEST_CASE("a reset that was due before the cron changed is made") {
    UsedCounter f;
    CHECK(f.use(noon()));
    f.configure("0 0 1 1 *", noon() + 2 * kDay);
    CHECK(f.resets.size() == 1);
    CHECK(f.window(noon() + 2 * kDay).used.requests == 0);
  }

  TEST_CASE("a quota taken away and given again in the same period keeps the counts") {
    UsedCounter f;
    CHECK(f.use(noon()));
    f.configure(config::Quota{}, noon());
    CHECK(f.window(noon()).period.empty());
    CHECK_FALSE(f.window(noon()).next_reset);
    CHECK_FALSE(f.window(noon()).limit_requests);
    CHECK(f.use(noon() + std::chrono::minutes(1)));
    f.configure("0 0 * * *", noon() + std::chrono::minutes(2));
    CHECK(f.requests(noon() + std::chrono::minutes(2)) == Requests{2});
    CHECK(f.window(noon()).limit_requests == 100);
    CHECK(f.resets.empty());
  }

  TEST_CASE("a quota given in a later period begins at 0: what was used in that period is not known") {
    UsedCounter f;
    CHECK(f.use(noon()));
    f.configure(config::Quota{}, noon());
    CHECK(f.use(noon() + 3 * kDay));
    CHECK(f.requests(noon() + 3 * kDay) == Requests{2});
    f.configure("0 0 * * *", noon() + 3 * kDay);
    CHECK(f.requests(noon() + 3 * kDay) == Requests{0});
    CHECK(f.state(noon() + 3 * kDay).total.requests == 2);
    CHECK(f.window(noon() + 3 * kDay).last_reset == cron_of("0 0 * * *").last_at_or_before(noon() + 3 * kDay));
    CHECK(f.resets.empty());
  }

  TEST_CASE("a counter without a quota counts and is never reset") {
    const auto counter = std::make_shared<Counter>("gpt", "free", noon());
    const Quotas quotas({counter});
    Resets resets;
    counter->configure({}, noon(), resets);
    for (int day = 0; day < 400; ++day) {
      REQUIRE(quotas.reserve({1'000'000}, noon() + day * kDay, resets));
      settle(quotas, 1'000'000, {1, 1, true, true}, noon() + day * kDay, resets);
    }
    const CounterState state = counter->state(noon() + 400 * kDay, resets);
    CHECK(resets.empty());
    REQUIRE(state.windows.size() == 1);
    CHECK(state.windows[0].used == Counts{400, 400, 400, 0, 800, 400});
    CHECK(state.total == state.windows[0].used);
    CHECK(state.windows[0].period.empty());
    CHECK(state.windows[0].last_reset == noon());
    CHECK_FALSE(state.windows[0].next_reset);
  }

  TEST_CASE("a year of daily resets, each once, whatever else looks at the counter") {
    UsedCounter f;
    std::int64_t used = 0;
    for (WallTime now = noon(); now < noon() + 366 * kDay; now += std::chrono::minutes(97)) {
      CHECK(f.use(now));
      ++used;
      f.counter->make_due_resets(now, f.resets);
      CHECK(*f.window(now).next_reset > now);
      CHECK(*f.window(now).last_reset <= now);
    }
    CHECK(f.resets.size() == 366);
    std::int64_t before = 0;
    for (const Reset& reset : f.resets) before += reset.before.requests;
    const CounterState state = f.state(noon() + 366 * kDay - std::chrono::hours(1));
    CHECK(before + state.windows[0].used.requests == used);
    CHECK(state.total.requests == used);
  }

  TEST_CASE("a reservation across a reset settles in the new period and stays reserved until then") {
    UsedCounter f;
    const WallTime midnight = *f.window(noon()).next_reset;
    for (int i = 0; i < 3; ++i) REQUIRE(f.quotas.reserve({50}, noon(), f.resets));
    CHECK(f.state(midnight).reserved_requests == 3);
    CHECK(f.state(midnight).reserved_tokens == 150);
    settle(f.quotas, 50, {20, 10}, midnight, f.resets);
    f.quotas.give_back({50});
    const CounterState state = f.state(midnight);
    CHECK(state.windows[0].used == Counts{1, 20, 10, 0, 0});
    CHECK(state.reserved_requests == 1);
    CHECK(state.reserved_tokens == 50);
    CHECK(f.resets[0].before.requests == 0);
    f.quotas.give_back({50});
    CHECK(f.state(midnight).reserved_requests == 0);
    CHECK(f.state(midnight).reserved_tokens == 0);
  }

  TEST_CASE("tokens: refused once used and reserved reach the limit, so the last one may overshoot") {
    const auto counter = std::make_shared<Counter>("gpt", "one", noon());
    const Quotas quotas({counter});
    Resets resets;
    counter->configure({limit_of(std::nullopt, 100)}, noon(), resets);
    CHECK(quotas.reserve({60}, noon(), resets));
    CHECK(quotas.reserve({60}, noon(), resets));
    CHECK_FALSE(quotas.reserve({1}, noon(), resets));
    settle(quotas, 60, {10, 10}, noon(), resets);  // 20 used, 60 reserved
    CHECK(quotas.reserve({20}, noon(), resets));
    CHECK(quotas.full_until(noon(), resets));
    quotas.give_back({60});
    CHECK(!quotas.full_until(noon(), resets));
  }

  TEST_CASE("absurd figures of a provider don't overflow") {
    UsedCounter f;
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 50; ++i) {
      const Estimate estimate = sane(Estimate{kMax, kMax});
      REQUIRE(f.quotas.reserve(estimate, noon(), f.resets));
      settle(f.quotas, estimate.tokens, sane(Used{kMax, kMax, true}), noon(), f.resets);
    }
    CHECK(sane(Estimate{-5, -6}).tokens == 0);
    const CounterState state = f.state(noon());
    CHECK(state.total.tokens() == 100'000'000'000);
    CHECK(state.reserved_tokens == 0);
  }
}
