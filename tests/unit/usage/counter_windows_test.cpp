// Counters whose quota has several windows, or rolling ones, or an account's beside their own.
#include <doctest/doctest.h>

#include "usage/counter_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kHourly = "0 * * * *";
constexpr const char* kEveryThree = "0 */3 * * *";
constexpr const char* kDaily = "0 0 * * *";

config::QuotaWindow window_of(const std::string& period, std::int64_t requests = 100) {
  const bool rolls = period_of(period).rolls();
  return rolls ? rolling(period, requests) : limit_of(requests, std::nullopt, period);
}

config::Quota windows_of(const std::vector<std::string>& periods) {
  config::Quota limits;
  for (const std::string& period : periods) limits.push_back(window_of(period));
  return limits;
}

// At ten past four it has 1 request in this hour, 3 in these three, 6 in this day.
const auto ten_past_four = [] { return local_noon() + hours(4) + minutes(10); };
UsedCounter used_with_three() {
  UsedCounter f(windows_of({kHourly, kEveryThree, kDaily}), local_noon());
  for (int i = 0; i < 3; ++i) f.use(local_noon() + minutes(10));
  for (int i = 0; i < 2; ++i) f.use(local_noon() + hours(3) + minutes(5));
  f.use(local_noon() + hours(4) + minutes(5));
  f.resets.clear();
  REQUIRE(f.requests(ten_past_four()) == Requests{1, 3, 6});
  return f;
}

}  // namespace

TEST_SUITE("usage/counter_windows") {
  TEST_CASE("a provider is out while any of its windows is full") {
    const WallTime start = local_noon();
    UsedCounter f({rolling("2h", 2), limit_of(3), limit_of(std::nullopt, 45, "@monthly")}, start);
    CHECK(f.use(start));
    CHECK(f.use(start + hours(1)));
    CHECK_FALSE(f.use(start + hours(1)));  // the first is full
    CHECK(f.full_until(start + hours(1)) == start + hours(2));
    CHECK(f.use(start + hours(2)));
    CHECK_FALSE(f.use(start + hours(3)));  // the second
    CHECK(f.requests(start + hours(3)) == Requests{1, 3, 3});
    const WallTime midnight = start + hours(12);
    CHECK(f.full_until(start + hours(3)) == midnight);
    CHECK(f.use(midnight));
    CHECK(f.use(midnight));
    CHECK_FALSE(f.use(midnight + hours(3)));  // the third, by its tokens
    CHECK(f.full_until(midnight + hours(3)) == period_of("@monthly").end_after(midnight, midnight));
  }

  TEST_CASE("full until the latest reset of those that are used up") {
    const WallTime start = local_noon();
    for (const bool longer_first : {true, false}) {
      CAPTURE(longer_first);
      UsedCounter f(longer_first ? config::Quota{rolling("5h", 1), rolling("1h", 1)}
                                 : config::Quota{rolling("1h", 1), rolling("5h", 1)},
                    start);
      CHECK(f.use(start));
      CHECK(f.full_until(start) == start + hours(5));
    }
  }

  TEST_CASE("a window that is only held by requests in flight delays nobody beyond a second") {
    const WallTime start = local_noon();
    UsedCounter f({rolling("5h", 1), limit_of(100)}, start);
    CHECK(f.reserve(start));
    CHECK_FALSE(f.reserve(start));
    CHECK(f.full_until(start) == start + seconds(1));
    f.quotas.give_back({10});
    CHECK_FALSE(f.full_until(start));
  }

  TEST_CASE("each window has its own resets, told by its period") {
    UsedCounter f = used_with_three();
    CHECK(f.requests(local_noon() + hours(6)) == Requests{0, 0, 6});
    REQUIRE(f.resets.size() == 2);
    CHECK(f.resets[0].cause == kHourly);
    CHECK(f.resets[0].before.requests == 1);
    CHECK(f.resets[1].cause == kEveryThree);
    CHECK(f.resets[1].before.requests == 3);
    CHECK(f.state(local_noon() + hours(6)).total.requests == 6);
  }

  TEST_CASE("a rolling window begins with the first reservation, whatever becomes of later ones") {
    const WallTime start = local_noon();
    UsedCounter f(config::Quota{rolling("5h", 100)}, start - hours(1));
    CHECK_FALSE(f.window(start).next_reset);
    CHECK(f.reserve(start));
    CHECK(f.window(start).last_reset == start);
    CHECK(f.reserve(start + minutes(1)));
    f.quotas.give_back({10});
    f.settle(start + minutes(2));
    CHECK(f.window(start + minutes(2)).last_reset == start);
    CHECK(f.window(start + minutes(2)).next_reset == start + hours(5));
  }

  TEST_CASE("a rolling window has not begun if its only reservation is given back") {
    const WallTime start = local_noon();
    UsedCounter f({rolling("5h", 100), limit_of(100)}, start);
    const auto midnight = f.window(start, 1).next_reset;
    CHECK(f.reserve(start));
    CHECK(f.reserve(start));
    f.quotas.give_back({10});
    CHECK(f.window(start).last_reset == start);
    f.quotas.give_back({10});
    CHECK_FALSE(f.window(start).last_reset);
    CHECK_FALSE(f.window(start).next_reset);
    CHECK(f.window(start, 1).next_reset == midnight);
    CHECK(f.use(start + hours(1)));
    CHECK(f.window(start + hours(1)).last_reset == start + hours(1));
  }

  TEST_CASE("an exchange that outlasts its rolling window begins the next one with its end") {
    const WallTime start = local_noon();
    UsedCounter f(config::Quota{rolling("1h", 100)}, start);
    CHECK(f.reserve(start));
    CHECK(f.reserve(start));
    f.settle(start + hours(2));  // nobody has looked at it meanwhile
    CHECK(f.window(start + hours(2)).last_reset == start + hours(2));
    f.settle(start + hours(2) + minutes(30));
    CHECK(f.requests(start + hours(2) + minutes(30)) == Requests{2});
    CHECK(f.window(start + hours(2) + minutes(30)).next_reset == start + hours(3));
  }

  TEST_CASE("changed windows keep the right counts") {
    struct Row {
      std::string name;
      std::vector<std::string> periods;
      Requests want;
      Requests back;  // when the first three are there again
    };
    for (const Row& row :
         {Row{"the same", {kHourly, kEveryThree, kDaily}, {1, 3, 6}, {1, 3, 6}},
          Row{"another order", {kDaily, kHourly, kEveryThree}, {6, 1, 3}, {1, 3, 6}},
          Row{"without the first", {kEveryThree, kDaily}, {3, 6}, {0, 3, 6}},
          Row{"without the middle", {kHourly, kDaily}, {1, 6}, {1, 0, 6}},
          Row{"without the last", {kHourly, kEveryThree}, {1, 3}, {1, 3, 0}},
          Row{"the last alone", {kDaily}, {6}, {0, 0, 6}},
          Row{"one more in front", {"5h", kHourly, kEveryThree, kDaily}, {0, 1, 3, 6}, {1, 3, 6}},
          Row{"one more between", {kHourly, "@monthly", kEveryThree, kDaily}, {1, 0, 3, 6}, {1, 3, 6}},
          Row{"the first changed", {"5h", kEveryThree, kDaily}, {1, 3, 6}, {1, 3, 6}},
          Row{"the middle changed", {kHourly, "@monthly", kDaily}, {1, 3, 6}, {1, 3, 6}},
          Row{"another order and one changed", {kDaily, "@monthly", kHourly}, {6, 3, 1}, {1, 3, 6}},
          Row{"all changed", {"6h", "7h", "8h"}, {1, 3, 6}, {1, 3, 6}},
          Row{"one changed, two gone", {"7h"}, {1}, {1, 0, 0}},
          Row{"no quota", {}, {1}, {1, 0, 0}}}) {
      CAPTURE(row.name);
      UsedCounter f = used_with_three();
      const WallTime now = ten_past_four();
      f.configure(windows_of(row.periods), now);
      CHECK(f.requests(now) == row.want);
      const CounterState state = f.state(now);
      CHECK(state.total.requests == 6);
      for (std::size_t i = 0; i < row.periods.size(); ++i) {
        CHECK(state.windows[i].period == row.periods[i]);
        CHECK(state.windows[i].limit_requests == 100);
      }
      f.configure(windows_of({kHourly, kEveryThree, kDaily}), now);
      CHECK(f.requests(now) == row.back);
      CHECK(f.resets.empty());
    }
  }

  TEST_CASE("each window has the limits and the resets of its own line") {
    UsedCounter f = used_with_three();
    const WallTime now = ten_past_four();
    f.configure({window_of(kDaily, 7), window_of("5h", 8), window_of(kHourly, 9)}, now);
    const CounterState state = f.state(now);
    CHECK(state.windows[0].limit_requests == 7);
    CHECK(state.windows[0].next_reset == local_noon() + hours(12));
    CHECK(state.windows[1].limit_requests == 8);
    CHECK(state.windows[1].next_reset == local_noon() + hours(8));  // from its last reset, at three
    CHECK(state.windows[2].limit_requests == 9);
    CHECK(state.windows[2].next_reset == local_noon() + hours(5));
    CHECK(f.use(now));
    CHECK_FALSE(f.use(now));
    CHECK(f.full_until(now) == local_noon() + hours(12));
  }

  TEST_CASE("what is in flight while the windows change counts in those that are there at its end") {
    UsedCounter f = used_with_three();
    const WallTime now = ten_past_four();
    REQUIRE(f.reserve(now));
    REQUIRE(f.reserve(now));
    f.configure({window_of(kDaily), rolling("5h", 2), window_of("@monthly")}, now);
    CHECK(f.requests(now) == Requests{6, 1, 3});
    CHECK(f.full_until(now) == now + seconds(1));
    f.settle(now);
    f.quotas.give_back({10});
    CHECK(f.requests(now) == Requests{7, 2, 4});
    CHECK(f.state(now).reserved_requests == 0);
    CHECK(f.state(now).reserved_tokens == 0);
  }

  TEST_CASE("resets that are due by the old windows come before a change of them") {
    UsedCounter f = used_with_three();
    const WallTime now = local_noon() + hours(5) + minutes(1);
    f.configure(windows_of({"@monthly", kEveryThree, kDaily}), now);
    CHECK(f.requests(now) == Requests{0, 3, 6});
    REQUIRE(f.resets.size() == 1);
    CHECK(f.resets[0].cause == kHourly);
  }

  TEST_CASE("a provider is out while its own or its account's windows are full, and until the latest of all") {
    const WallTime start = local_noon();
    const auto account = std::make_shared<Counter>("_providers", "acme", start);
    Resets resets;
    account->configure({rolling("2h", 4), limit_of(5)}, start, resets);
    UsedCounter a({rolling("1h", 2), limit_of(100)}, start, account);
    UsedCounter b(config::Quota{}, start, account);
    CHECK(a.use(start));
    CHECK(a.use(start));
    CHECK_FALSE(a.use(start));
    CHECK(a.full_until(start) == start + hours(1));
    CHECK(b.use(start));
    CHECK(b.use(start));
    CHECK_FALSE(b.use(start));
    CHECK(b.full_until(start) == start + hours(2));
    CHECK(a.full_until(start) == start + hours(2));
    CHECK_FALSE(a.use(start + hours(1)));
    CHECK(a.state(start + hours(1)).reserved_requests == 0);
    CHECK(a.use(start + hours(2)));
    CHECK_FALSE(b.use(start + hours(2)));
    CHECK(b.full_until(start + hours(2)) == start + hours(12));
    CHECK(account->state(start + hours(2), resets).windows[0].used.requests == 1);
    CHECK(account->state(start + hours(2), resets).windows[1].used.requests == 5);
    CHECK(b.use(start + hours(12)));
    b.configure(config::Quota{rolling("1d", 1)}, start + hours(12));  // its own use was reset with its new quota
    CHECK(b.use(start + hours(12)));
    CHECK(a.use(start + hours(12)));
    CHECK(a.use(start + hours(12)));
    CHECK(a.full_until(start + hours(12)) == start + hours(14));
    CHECK(b.full_until(start + hours(12)) == start + hours(36));
  }

  TEST_CASE("a provider that is gone has neither limits nor resets; those that were due come when it is back") {
    const WallTime start = local_noon();
    const config::Quota limits = {rolling("5h", 1), limit_of(2), limit_of(3, std::nullopt, "@monthly")};
    UsedCounter f(limits, start);
    CHECK(f.reserve(start));
    f.counter->retire();
    f.settle(start + minutes(1));
    CHECK(f.use(start + hours(1)));
    CHECK(f.requests(start + 3 * kDay) == Requests{2, 2, 2});
    CHECK(f.resets.empty());
    CHECK_FALSE(f.full_until(start + hours(2)));
    for (const WindowState& window : f.state(start + hours(2)).windows) {
      CHECK_FALSE(window.limit_requests);
      CHECK_FALSE(window.next_reset);
    }
    f.configure(limits, start + hours(2));
    CHECK(f.requests(start + hours(2)) == Requests{2, 2, 2});
    CHECK(f.full_until(start + hours(2)) == start + hours(12));
    f.counter->retire();
    f.configure(limits, start + hours(13));
    CHECK(f.requests(start + hours(13)) == Requests{0, 0, 2});
    REQUIRE(f.resets.size() == 2);
    CHECK(f.resets[0].cause == "5h");
    CHECK(f.resets[1].cause == kDaily);
    CHECK(f.use(start + hours(13)));
  }

  TEST_CASE("by hand all windows and the total go to zero, but not what is in flight") {
    UsedCounter f = used_with_three();
    const WallTime now = ten_past_four();
    REQUIRE(f.reserve(now));
    f.configure(windows_of({kHourly, kDaily, "5h"}), now);
    f.counter->clear(now + Millis(1), f.resets);
    REQUIRE(f.resets.size() == 1);
    CHECK(f.resets[0].cause == "by hand");
    CHECK(f.resets[0].before.requests == 1);
    CHECK(f.requests(now) == Requests{0, 0, 0});
    const CounterState state = f.state(now);
    CHECK(state.total == Counts{});
    CHECK(state.reserved_requests == 1);
    CHECK(state.windows[0].last_reset == now);
    CHECK(state.windows[0].next_reset == local_noon() + hours(5));
    CHECK(state.windows[1].last_reset == now);
    CHECK(state.windows[1].next_reset == local_noon() + hours(12));
    CHECK_FALSE(state.windows[2].last_reset);
    f.settle(now + minutes(1));
    CHECK(f.requests(now + minutes(1)) == Requests{1, 1, 1});
    CHECK(f.state(now + minutes(1)).total.requests == 1);
  }
}
