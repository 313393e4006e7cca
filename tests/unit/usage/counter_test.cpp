#include "usage/counter.h"

#include <doctest/doctest.h>

#include <limits>

#include "usage/counters_fixture.h"
#include "usage/quotas.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr std::chrono::hours kDay{24};

std::optional<Cron> cron_of(const std::string& text) {
  auto cron = Cron::parse(text);
  REQUIRE(cron);
  return *cron;
}

// One counter with a quota, used through Quotas as an exchange does.
struct Fixture {
  explicit Fixture(const std::string& cron = "0 0 * * *", WallTime now = noon())
      : counter(std::make_shared<Counter>("gpt", "one", now)), quotas(counter, nullptr) {
    configure(cron, now);
  }
  void configure(const std::string& cron, WallTime now) {
    counter->configure(limit_of(100, std::nullopt, cron), cron_of(cron), now, resets);
  }
  bool use(WallTime now) {
    if (!quotas.reserve(10, now, resets)) return false;
    quotas.settle(10, {7, 3, false, false}, now, resets);
    return true;
  }
  CounterState state(WallTime now) { return counter->state(now, resets); }

  std::shared_ptr<Counter> counter;
  Quotas quotas;
  Resets resets;
};

}  // namespace

TEST_SUITE("usage/counter") {
  TEST_CASE("a reset comes at its minute, with the first look at the counter") {
    Fixture f;
    CHECK(f.use(noon()));
    const WallTime midnight = *f.state(noon()).next_reset;
    CHECK(midnight > noon());
    CHECK(f.state(midnight - Millis(1)).requests == 1);
    CHECK(f.resets.empty());
    const CounterState after = f.state(midnight);
    CHECK(after.requests == 0);
    CHECK(after.tokens == 0);
    CHECK(after.total_requests == 1);
    CHECK(after.total_tokens == 10);
    CHECK(after.last_reset == midnight);
    CHECK(*after.next_reset > midnight);
    REQUIRE(f.resets.size() == 1);
    CHECK(f.resets[0].model == "gpt");
    CHECK(f.resets[0].provider == "one");
    CHECK(f.resets[0].before.requests == 1);
    CHECK(f.resets[0].before.tokens == 10);
  }

  TEST_CASE("a full counter has room from its reset on, without a tick") {
    Fixture f;
    for (int i = 0; i < 100; ++i) CHECK(f.use(noon()));
    CHECK_FALSE(f.use(noon()));
    const WallTime midnight = *f.state(noon()).next_reset;
    CHECK(f.quotas.full_until(noon(), f.resets) == midnight);
    CHECK_FALSE(f.use(midnight - Millis(1)));
    CHECK(f.use(midnight));
    CHECK_FALSE(f.quotas.full_until(midnight, f.resets));
  }

  TEST_CASE("resets that were missed are made up for once") {
    Fixture f;
    CHECK(f.use(noon()));
    const CounterState after = f.state(noon() + 10 * kDay);
    CHECK(f.resets.size() == 1);
    CHECK(after.requests == 0);
    CHECK(*after.last_reset <= noon() + 10 * kDay);
    CHECK(*after.last_reset > noon() + 9 * kDay);
    CHECK(*after.next_reset > noon() + 10 * kDay);
  }

  TEST_CASE("a clock that steps back neither repeats a reset nor undoes it") {
    for (const auto step : {std::chrono::seconds(1), std::chrono::seconds(3600), std::chrono::seconds(90'000)}) {
      CAPTURE(step.count());
      Fixture f;
      CHECK(f.use(noon()));
      const WallTime midnight = *f.state(noon()).next_reset;
      CHECK(f.use(midnight));
      const WallTime next = *f.state(midnight).next_reset;
      CHECK(f.resets.size() == 1);
      CHECK(f.use(midnight - step));
      CHECK(f.use(midnight));
      CHECK(f.use(midnight + Millis(500)));
      CHECK(f.resets.size() == 1);
      CHECK(f.state(midnight).requests == 4);
      CHECK(f.state(midnight).next_reset == next);
      CHECK(f.use(next));
      CHECK(f.resets.size() == 2);
    }
  }

  TEST_CASE("a reload while the clock is back does not repeat the reset either") {
    Fixture f;
    const WallTime midnight = *f.state(noon()).next_reset;
    CHECK(f.use(midnight));
    const WallTime next = *f.state(midnight).next_reset;
    f.configure("0 0 * * *", midnight - std::chrono::seconds(30));
    CHECK(f.state(midnight).next_reset == next);
    CHECK(f.state(midnight).requests == 1);
  }

  TEST_CASE("a changed cron keeps the counts and moves the next reset") {
    Fixture f;
    CHECK(f.use(noon()));
    f.configure("30 * * * *", noon());
    const CounterState state = f.state(noon());
    CHECK(state.requests == 1);
    CHECK(state.next_reset == cron_of("30 * * * *")->next_after(noon()));
    CHECK(f.resets.empty());
    f.state(noon() + std::chrono::hours(1));
    CHECK(f.resets.size() == 1);
  }

  TEST_CASE("a reset that was due before the cron changed is made") {
    Fixture f;
    CHECK(f.use(noon()));
    f.configure("0 0 1 1 *", noon() + 2 * kDay);
    CHECK(f.resets.size() == 1);
    CHECK(f.state(noon() + 2 * kDay).requests == 0);
  }

  TEST_CASE("a quota taken away and given again keeps the counts") {
    Fixture f;
    CHECK(f.use(noon()));
    f.counter->configure(std::nullopt, std::nullopt, noon(), f.resets);
    CHECK_FALSE(f.state(noon()).next_reset);
    CHECK_FALSE(f.state(noon()).limit_requests);
    CHECK(f.state(noon() + 3 * kDay).requests == 1);
    f.configure("0 0 * * *", noon() + 3 * kDay);
    CHECK(f.state(noon() + 3 * kDay).requests == 1);
    CHECK(f.state(noon() + 3 * kDay).limit_requests == 100);
    CHECK(f.resets.empty());
  }

  TEST_CASE("a counter without a quota counts and is never reset") {
    const auto counter = std::make_shared<Counter>("gpt", "free", noon());
    const Quotas quotas(counter, nullptr);
    Resets resets;
    counter->configure(std::nullopt, std::nullopt, noon(), resets);
    for (int day = 0; day < 400; ++day) {
      REQUIRE(quotas.reserve(1'000'000, noon() + day * kDay, resets));
      quotas.settle(1'000'000, {1, 1, true, true}, noon() + day * kDay, resets);
    }
    const CounterState state = counter->state(noon() + 400 * kDay, resets);
    CHECK(resets.empty());
    CHECK(state.requests == 400);
    CHECK(state.estimated_tokens == 800);
    CHECK(state.errors == 400);
    CHECK(state.last_reset == noon());
    CHECK_FALSE(state.next_reset);
  }

  TEST_CASE("a year of daily resets, each once, whatever else looks at the counter") {
    Fixture f;
    std::int64_t used = 0;
    for (WallTime now = noon(); now < noon() + 366 * kDay; now += std::chrono::minutes(97)) {
      CHECK(f.use(now));
      ++used;
      f.counter->make_due_reset(now, f.resets);
      CHECK(*f.state(now).next_reset > now);
      CHECK(*f.state(now).last_reset <= now);
    }
    CHECK(f.resets.size() == 366);
    std::int64_t before = 0;
    for (std::size_t i = 0; i < f.resets.size(); ++i) {
      before += f.resets[i].before.requests;
      if (i > 0) CHECK(*f.resets[i].before.last_reset == *f.resets[i - 1].before.next_reset);
    }
    const CounterState state = f.state(noon() + 366 * kDay - std::chrono::hours(1));
    CHECK(before + state.requests == used);
    CHECK(state.total_requests == used);
  }

  TEST_CASE("a reservation across a reset settles in the new period and stays reserved until then") {
    Fixture f;
    const WallTime midnight = *f.state(noon()).next_reset;
    for (int i = 0; i < 3; ++i) REQUIRE(f.quotas.reserve(50, noon(), f.resets));
    CHECK(f.state(midnight).reserved_requests == 3);
    CHECK(f.state(midnight).reserved_tokens == 150);
    f.quotas.settle(50, {20, 10, false, false}, midnight, f.resets);
    f.quotas.give_back(50);
    const CounterState state = f.state(midnight);
    CHECK(state.requests == 1);
    CHECK(state.tokens == 30);
    CHECK(state.reserved_requests == 1);
    CHECK(state.reserved_tokens == 50);
    CHECK(f.resets[0].before.requests == 0);
    f.quotas.give_back(50);
    CHECK(f.state(midnight).reserved_requests == 0);
    CHECK(f.state(midnight).reserved_tokens == 0);
  }

  TEST_CASE("tokens: refused once used and reserved reach the limit, so the last one may overshoot") {
    const auto counter = std::make_shared<Counter>("gpt", "one", noon());
    const Quotas quotas(counter, nullptr);
    Resets resets;
    counter->configure(limit_of(std::nullopt, 100), cron_of("0 0 * * *"), noon(), resets);
    CHECK(quotas.reserve(60, noon(), resets));
    CHECK(quotas.reserve(60, noon(), resets));
    CHECK_FALSE(quotas.reserve(1, noon(), resets));
    quotas.settle(60, {10, 10, false, false}, noon(), resets);  // 20 used, 60 reserved
    CHECK(quotas.reserve(20, noon(), resets));
    CHECK(quotas.full_until(noon(), resets));
    quotas.give_back(60);
    CHECK(!quotas.full_until(noon(), resets));
  }

  TEST_CASE("absurd figures of a provider don't overflow") {
    Fixture f;
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 50; ++i) {
      REQUIRE(f.quotas.reserve(kMax, noon(), f.resets));
      f.quotas.settle(kMax, {kMax, kMax, true, false}, noon(), f.resets);
    }
    REQUIRE(f.quotas.reserve(-5, noon(), f.resets));
    f.quotas.settle(-5, {-7, -1, false, false}, noon(), f.resets);
    const CounterState state = f.state(noon());
    CHECK(state.tokens == 100'000'000'000'000);
    CHECK(state.reserved_tokens == 0);
  }
}
