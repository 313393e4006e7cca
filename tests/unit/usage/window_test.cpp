#include "usage/window.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "usage/counters_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kDaily = "0 0 * * *";
constexpr const char* kHourly = "0 * * * *";

const Used kUsed{7, 3};

Window window_of(const std::string& period, WallTime created = local_noon()) {
  return Window(period_of(period), created, 0);
}

// As a counter does it with whatever comes: a period that is over makes room for the next one first.
bool roll(Window& window, WallTime now, std::uint64_t since = 0) {
  const bool due = window.due(now);
  if (due) window.start(now, since);
  return due;
}

void use(Window& window, WallTime now) {
  roll(window, now);
  window.begin_if_waiting(now);
  window.add(kUsed);
}

std::int64_t requests(const Window& window) { return window.state().used.requests; }

void check_period(const Window& window, std::optional<WallTime> begin, std::optional<WallTime> end) {
  CHECK(window.state().last_reset == begin);
  CHECK(window.state().next_reset == end);
}

}  // namespace

TEST_SUITE("usage/window") {
  TEST_CASE("a new one: a cron's is under way since it was made, a rolling one waits, one without a quota never ends") {
    const WallTime created = local_noon() + Millis(1234);
    check_period(window_of(kDaily, created), local_noon() + seconds(1), period_of(kDaily).end_after(created, created));
    check_period(window_of("5h", created), std::nullopt, std::nullopt);
    check_period(window_of("", created), local_noon() + seconds(1), std::nullopt);
  }

  TEST_CASE("a cron's period ends at its firing, to the millisecond, and the next one follows without a gap") {
    Window window = window_of(kHourly);
    use(window, local_noon() + minutes(1));
    CHECK_FALSE(window.due(local_noon() + hours(1) - Millis(1)));
    CHECK(window.due(local_noon() + hours(1)));
    window.start(local_noon() + hours(1) + minutes(10), 5);
    check_period(window, local_noon() + hours(1), local_noon() + hours(2));
    CHECK(window.state().used == Counts{});
    CHECK(window.state().since == 5);
  }

  TEST_CASE("of several ends that were missed the last one is the reset") {
    Window window = window_of(kHourly);
    use(window, local_noon());
    CHECK(roll(window, local_noon() + hours(50) + minutes(30)));
    check_period(window, local_noon() + hours(50), local_noon() + hours(51));
  }

  TEST_CASE("a rolling one begins with the first reservation, in a full second, and no later one moves it") {
    Window window = window_of("5h");
    CHECK_FALSE(window.due(local_noon() + hours(1000)));
    window.begin_if_waiting(local_noon() + Millis(1));
    check_period(window, local_noon() + seconds(1), local_noon() + seconds(1) + hours(5));
    window.begin_if_waiting(local_noon() + hours(2));
    window.add(kUsed);
    check_period(window, local_noon() + seconds(1), local_noon() + seconds(1) + hours(5));
    CHECK_FALSE(window.due(local_noon() + hours(5)));
    CHECK(window.due(local_noon() + hours(5) + seconds(1)));
  }

  TEST_CASE("a rolling one waits again after its reset, however long") {
    Window window = window_of("5h");
    use(window, local_noon());
    CHECK(roll(window, local_noon() + hours(5)));
    check_period(window, std::nullopt, std::nullopt);
    CHECK_FALSE(roll(window, local_noon() + hours(500)));
    use(window, local_noon() + hours(777));
    check_period(window, local_noon() + hours(777), local_noon() + hours(782));
    CHECK(requests(window) == 1);
  }

  TEST_CASE("a rolling one has not begun after all when its only reservation comes back") {
    Window window = window_of("5h");
    window.begin_if_waiting(local_noon());
    window.wait_if_unused();
    check_period(window, std::nullopt, std::nullopt);
    window.begin_if_waiting(local_noon() + hours(1));
    window.add_error();  // of an attempt that failed: not a use
    window.wait_if_unused();
    check_period(window, std::nullopt, std::nullopt);
    use(window, local_noon() + hours(2));
    window.wait_if_unused();
    check_period(window, local_noon() + hours(2), local_noon() + hours(7));
  }

  TEST_CASE("one of a cron never waits") {
    Window window = window_of(kDaily);
    const auto end = window.state().next_reset;
    window.wait_if_unused();
    check_period(window, local_noon(), end);
  }

  TEST_CASE("an exchange that spans the end counts in the next period") {
    for (const std::string period : {"1h", kHourly}) {
      CAPTURE(period);
      Window window = window_of(period);
      window.begin_if_waiting(local_noon());
      const WallTime ended = local_noon() + hours(1) + minutes(7);
      use(window, ended);
      CHECK(requests(window) == 1);
      CHECK(*window.state().last_reset > local_noon());
      CHECK(*window.state().next_reset > ended);
    }
  }

  TEST_CASE("a clock that steps back repeats no reset and undoes none") {
    for (const std::string period : {"1h", kHourly}) {
      for (const seconds back : {seconds(1), seconds(3600), seconds(400'000)}) {
        CAPTURE(period);
        CAPTURE(back.count());
        Window window = window_of(period);
        use(window, local_noon());
        const WallTime reset = local_noon() + hours(1);
        CHECK(roll(window, reset));
        use(window, reset);
        const auto begin = window.state().last_reset;
        const auto end = window.state().next_reset;
        use(window, reset - back);
        use(window, reset + minutes(59));
        CHECK(requests(window) == 3);
        check_period(window, begin, end);
        CHECK(roll(window, *end));
      }
    }
  }

  TEST_CASE("a period that begins while the clock is back follows the one before it") {
    Window window = window_of(kHourly);
    window.start(local_noon() - hours(30), 0);  // as if it were made due by hand; its end is an hour from now
    check_period(window, local_noon() + hours(1), local_noon() + hours(2));
  }

  TEST_CASE("a clock that steps forth and back again leaves the later period, which then lasts") {
    Window window = window_of(kHourly);
    use(window, local_noon());
    use(window, local_noon() + hours(10));
    CHECK(requests(window) == 1);
    use(window, local_noon() + minutes(1));
    CHECK(requests(window) == 2);
    check_period(window, local_noon() + hours(10), local_noon() + hours(11));
  }

  TEST_CASE("a changed period keeps the counts and moves the reset") {
    const WallTime now = local_noon() + hours(3);
    const WallTime later = local_noon() + hours(4);
    struct Row {
      std::string name;
      std::string from;
      std::string to;
      WallTime begin;
      std::optional<WallTime> end;
    };
    const auto next_of = [&](const char* cron) { return period_of(cron).end_after(now, now); };
    for (const Row& row : {Row{"cron to cron", kDaily, "0 */8 * * *", local_noon(), next_of("0 */8 * * *")},
                           Row{"cron to a longer time", kDaily, "1d", local_noon(), local_noon() + hours(24)},
                           Row{"cron to a time that would be over", kDaily, "2h", now, now + hours(2)},
                           Row{"a time to a longer one", "5h", "1w", local_noon(), local_noon() + hours(7 * 24)},
                           Row{"a time to one that would be over", "5h", "90m", now, now + minutes(90)},
                           Row{"a time to cron", "5h", kHourly, local_noon(), later},
                           Row{"cron to none", kDaily, "", local_noon(), std::nullopt},
                           Row{"a time to none", "5h", "", local_noon(), std::nullopt}}) {
      CAPTURE(row.name);
      Window window = window_of(row.from);
      use(window, local_noon());
      CHECK(window.follow(period_of(row.to), now, 9));
      CHECK(requests(window) == 1);
      CHECK(window.state().since == 0);
      CHECK(window.state().period == row.to);
      check_period(window, row.begin, row.end);
      CHECK_FALSE(window.due(now));
      CHECK_FALSE(window.follow(period_of(row.to), now, 9));  // which changes nothing more
    }
  }

  TEST_CASE("a quota for what had none begins at 0, unless everything lies in its present period") {
    const WallTime now = local_noon() + hours(3) + minutes(30);
    const auto with = [&](const char* period, WallTime created) {
      Window window = window_of("", created);
      use(window, created);
      CHECK(window.follow(period_of(period), now, 9));
      CHECK(window.state().since == (requests(window) == 0 ? 9 : 0));
      return window;
    };
    const WallTime midnight = period_of(kDaily).begin_at(local_noon());
    const auto next_midnight = period_of(kDaily).end_after(now, now);
    Window window = with(kDaily, local_noon());
    CHECK(requests(window) == 1);
    check_period(window, local_noon(), next_midnight);
    window = with(kDaily, midnight);
    CHECK(requests(window) == 1);
    window = with(kDaily, midnight - seconds(1));
    CHECK(requests(window) == 0);
    check_period(window, midnight, next_midnight);
    window = with(kHourly, local_noon());
    CHECK(requests(window) == 0);
    check_period(window, local_noon() + hours(3), local_noon() + hours(4));
    window = with("5h", local_noon());
    CHECK(requests(window) == 0);
    check_period(window, std::nullopt, std::nullopt);
  }

  TEST_CASE("an unused one waits when its period becomes a rolling one, and is under way when it becomes a cron's") {
    for (const bool failed : {false, true}) {
      CAPTURE(failed);
      Window window = window_of(kDaily);
      if (failed) window.add_error();
      CHECK(window.follow(period_of("5h"), local_noon() + hours(1), 0));
      check_period(window, std::nullopt, std::nullopt);
      CHECK(window.follow(period_of(kHourly), local_noon() + minutes(90), 0));
      check_period(window, local_noon() + hours(1), local_noon() + hours(2));
    }
  }

  TEST_CASE("a reload does not move what the first reservation of a rolling one has begun") {
    Window window = window_of("5h");
    window.begin_if_waiting(local_noon());
    CHECK_FALSE(window.follow(period_of("5h"), local_noon() + hours(1), 0));
    check_period(window, local_noon(), local_noon() + hours(5));
    CHECK(window.follow(period_of("6h"), local_noon() + hours(1), 0));
    check_period(window, local_noon(), local_noon() + hours(6));
  }

  TEST_CASE("a reload while the clock is back leaves the period that has begun") {
    Window window = window_of(kHourly);
    use(window, local_noon() + hours(5));
    CHECK_FALSE(window.follow(period_of(kHourly), local_noon() + hours(2), 0));
    check_period(window, local_noon() + hours(5), local_noon() + hours(6));
  }

  TEST_CASE("one from a file goes on as it was") {
    for (const std::string period : {kDaily, "5h", ""}) {
      CAPTURE(period);
      Window before = window_of(period);
      use(before, local_noon());
      Window window(before.state());
      CHECK_FALSE(window.follow(period_of(period), local_noon() + hours(1), 0));
      CHECK(requests(window) == 1);
      check_period(window, before.state().last_reset, before.state().next_reset);
      CHECK(window.due(local_noon() + hours(48)) == before.due(local_noon() + hours(48)));
    }
  }

  TEST_CASE("a rolling one from a file waits if what had begun it was never counted") {
    Window before = window_of("5h");
    before.begin_if_waiting(local_noon());
    check_period(Window(before.state()), std::nullopt, std::nullopt);
  }

  TEST_CASE("a file that knows the use but not the times is full for one period, not for ever") {
    for (const std::string period : {kHourly, "1h"}) {
      for (const std::int64_t count : {0, 5}) {
        CAPTURE(period);
        CAPTURE(count);
        WindowState state;
        state.period = period;
        state.used = {count, 500, 0, 0, 0};
        Window window(state);
        const config::QuotaWindow limit = limit_of(5, 500);
        window.limit_to(&limit);
        CHECK(window.follow(period_of(period), local_noon(), 0));
        CHECK(window.used_up());
        check_period(window, local_noon(), local_noon() + hours(1));
      }
    }
  }

  TEST_CASE("a period that can't be read never ends, until the config says what it is") {
    WindowState state;
    state.period = "every now and then";
    state.used = {1, 0, 0, 0, 0};
    state.last_reset = local_noon();
    state.next_reset = local_noon() + hours(1);
    Window window(state);
    CHECK(window.follow(period_of("5h"), local_noon() + minutes(1), 0));
    CHECK(requests(window) == 1);
    check_period(window, local_noon(), local_noon() + hours(5));
  }

  TEST_CASE("a record of the journal tells the period, and clears the counts if it is a later one") {
    struct Row {
      std::string name;
      std::uint64_t since;
      std::int64_t requests;
      bool taken;
    };
    for (const Row& row : {Row{"an earlier period", 3, 1, false}, Row{"the same one", 4, 1, true},
                           Row{"a later one", 5, 0, true}}) {
      CAPTURE(row.name);
      Window window(period_of(kDaily), local_noon(), 4);
      use(window, local_noon());
      const WindowState before = window.state();
      window.catch_up({"5h", row.since, local_noon() + hours(1), local_noon() + hours(6)});
      CHECK(requests(window) == row.requests);
      CHECK(window.state().since == std::max<std::uint64_t>(row.since, 4));
      CHECK(window.state().period == (row.taken ? "5h" : kDaily));
      if (row.taken) check_period(window, local_noon() + hours(1), local_noon() + hours(6));
      if (!row.taken) check_period(window, before.last_reset, before.next_reset);
      // The period is there again, not only its text.
      if (row.taken) CHECK(roll(window, local_noon() + hours(6)));
      if (row.taken) check_period(window, std::nullopt, std::nullopt);
    }
  }

  TEST_CASE("what a record tells is what the window was") {
    for (const std::string period : {kDaily, "5h", ""}) {
      CAPTURE(period);
      Window window(period_of(period), local_noon() + Millis(700), 8);
      use(window, local_noon() + Millis(700));
      Window rebuilt = window_of("");
      rebuilt.catch_up(window.mark());
      CHECK(rebuilt.state().period == window.state().period);
      CHECK(rebuilt.state().since == 8);
      check_period(rebuilt, window.state().last_reset, window.state().next_reset);
    }
  }

  TEST_CASE("by hand everything is set anew: a cron's period begins now, a rolling one waits") {
    const WallTime now = local_noon() + minutes(30) + Millis(900);
    for (const WallTime last : {local_noon(), local_noon() + hours(20)}) {  // the latter: the clock was ahead then
      Window window = window_of(kHourly);
      use(window, last);
      window.clear(now, 6);
      CHECK(window.state().used == Counts{});
      CHECK(window.state().since == 6);
      check_period(window, local_noon() + minutes(30), local_noon() + hours(1));
    }
    Window rolling_one = window_of("5h");
    use(rolling_one, local_noon());
    rolling_one.clear(now, 6);
    check_period(rolling_one, std::nullopt, std::nullopt);
  }

  TEST_CASE("full is one limit that is reached, used up is one without what is reserved") {
    struct Row {
      config::QuotaWindow limit;
      std::int64_t reserved_requests, reserved_tokens;
      bool full, used_up;
    };
    // 2 requests and 20 tokens are used.
    for (const Row& row :
         {Row{limit_of(3), 0, 99, false, false}, Row{limit_of(3), 1, 0, true, false},
          Row{limit_of(2), 0, 0, true, true}, Row{limit_of({}, 21), 9, 0, false, false},
          Row{limit_of({}, 21), 0, 1, true, false}, Row{limit_of({}, 20), 0, 0, true, true},
          Row{limit_of(3, 20), 0, 0, true, true},
          Row{limit_of({}, {}), 99, 99, false, false}}) {
      CAPTURE(row.reserved_requests);
      CAPTURE(row.reserved_tokens);
      Window window = window_of(kDaily);
      window.limit_to(&row.limit);
      use(window, local_noon());
      use(window, local_noon());
      CHECK(window.full({row.reserved_requests, row.reserved_tokens}) == row.full);
      CHECK(window.used_up() == row.used_up);
      window.limit_to(nullptr);
      CHECK_FALSE(window.full({99, 99}));
    }
  }
}
