#include "usage/forecast.h"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace aigw::usage {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
const WallTime kNow = WallTime(hours(24 * 365 * 54));

struct Quota {
  std::optional<std::int64_t> requests = std::nullopt;
  std::optional<std::int64_t> tokens = std::nullopt;
  std::int64_t used_requests = 0;
  std::int64_t used_tokens = 0;
};

// One that ends at `reset`.
WindowState window(const Quota& quota, std::optional<WallTime> reset) {
  WindowState state;
  state.period = "0 0 * * *";
  state.limit_requests = quota.requests;
  state.limit_tokens = quota.tokens;
  state.used.requests = quota.used_requests;
  state.used.prompt_tokens = quota.used_tokens / 3;
  state.used.completion_tokens = quota.used_tokens - state.used.prompt_tokens;
  state.last_reset = kNow - hours(1);
  state.next_reset = reset;
  return state;
}

// One that begins with its next request.
WindowState waiting(const Quota& quota, const std::string& period) {
  WindowState state = window(quota, std::nullopt);
  state.period = period;
  state.last_reset.reset();
  return state;
}

// `in 90 min`, `never`.
std::string text_of(const std::optional<WallTime>& time) {
  if (!time) return "never";
  return "in " + std::to_string(std::chrono::duration_cast<minutes>(*time - kNow).count()) + " min";
}

std::string text_of(const Remaining& remaining) {
  const auto number = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; };
  return number(remaining.requests) + " requests, " + number(remaining.tokens) + " tokens";
}

TEST_SUITE("usage/forecast") {
  TEST_CASE("what is left is the limit less what was used, never below 0, and nothing without a limit") {
    struct Row {
      Quota quota;
      const char* want;
    };
    for (const Row& row : {Row{{}, "- requests, - tokens"}, Row{{100, {}, 0, 900}, "100 requests, - tokens"},
                           Row{{100, {}, 30, 900}, "70 requests, - tokens"},
                           Row{{{}, 1000, 30, 900}, "- requests, 100 tokens"},
                           Row{{100, 1000, 100, 1500}, "0 requests, 0 tokens"},
                           Row{{1, 1, 2, 100'000'000'000'000'000}, "0 requests, 0 tokens"},
                           Row{{kMax, kMax, 0, 7}, "9223372036854775807 requests, 9223372036854775800 tokens"}}) {
      CAPTURE(row.want);
      const Forecast cast = forecast(window(row.quota, kNow + hours(5)), {}, kNow);
      CHECK(text_of(cast.remaining) == row.want);
      CHECK(cast.limited() == (row.quota.requests || row.quota.tokens));
    }
  }

  TEST_CASE("a quota is exhausted when the pace of the last hour has eaten what is left, if that is before the reset") {
    struct Row {
      const char* name;
      Quota quota;
      Pace pace;
      hours reset;
      const char* want;
    };
    for (const Row& row : {
             Row{"half an hour's worth", {100, {}, 70, 0}, {60, 0}, hours(5), "in 30 min"},
             Row{"of tokens", {{}, 1000, 0, 700}, {0, 100}, hours(5), "in 180 min"},
             Row{"the sooner of two", {100, 1000, 70, 700}, {60, 100}, hours(5), "in 30 min"},
             Row{"the sooner of two, the other way", {100, 1000, 70, 700}, {6, 200}, hours(6), "in 90 min"},
             Row{"requests are no tokens", {100, {}, 70, 0}, {0, 1e9}, hours(5), "never"},
             Row{"nobody asks", {100, {}, 70, 0}, {}, hours(5), "never"},
             Row{"just before the reset", {100, {}, 0, 0}, {100.1, 0}, hours(1), "in 59 min"},
             Row{"just at the reset", {100, {}, 0, 0}, {100, 0}, hours(1), "never"},
             Row{"after it", {100, {}, 0, 0}, {99, 0}, hours(1), "never"},
             Row{"it is used up", {100, {}, 100, 0}, {}, hours(5), "in 0 min"},
             Row{"it is overdrawn", {{}, 1000, 1, 1200}, {1, 1200}, hours(5), "in 0 min"},
             Row{"one of two is used up", {100, 1000, 100, 0}, {1, 1}, hours(5), "in 0 min"},
         }) {
      CAPTURE(row.name);
      CHECK(text_of(forecast(window(row.quota, kNow + row.reset), row.pace, kNow).exhausted_at) == row.want);
    }
  }

  TEST_CASE("a quota that is never reset is exhausted some time, unless that is beyond all time") {
    CHECK(text_of(forecast(window({100, {}, 0, 0}, std::nullopt), {1, 0}, kNow).exhausted_at) == "in 6000 min");
    for (const double pace : {std::numeric_limits<double>::min(), 1e-300, 1e-9, 1.0, 1e12}) {
      CAPTURE(pace);
      CHECK_FALSE(forecast(window({kMax, kMax, 0, 0}, std::nullopt), {pace, pace}, kNow).exhausted_at.has_value());
    }
    // The nanoseconds of system_clock end in the year 2262.
    const double hours_left = std::chrono::duration<double, std::ratio<3600>>(WallTime::max() - kNow).count();
    const auto endless = window({1'000'000'000, {}, 0, 0}, std::nullopt);
    const auto at = forecast(endless, {1e9 / (hours_left - 2), 0}, kNow).exhausted_at;
    REQUIRE(at.has_value());
    CHECK(*at > WallTime::max() - hours(3));
    CHECK_FALSE(forecast(endless, {1e9 / hours_left, 0}, kNow).exhausted_at.has_value());
  }

  TEST_CASE("what is unused is lost at the reset, or when a rolling window would end if it began now") {
    struct Row {
      const char* name;
      WindowState window;
      const char* reset;
      const char* expires;
    };
    const Quota quota{100, {}, 0, 0};
    for (const Row& row : {Row{"a cron's", window(quota, kNow + hours(3)), "in 180 min", "in 180 min"},
                           Row{"one that never ends", window(quota, std::nullopt), "never", "never"},
                           Row{"a rolling one under way", window(quota, kNow + hours(2)), "in 120 min", "in 120 min"},
                           Row{"a rolling one that waits", waiting(quota, "5h"), "never", "in 300 min"},
                           Row{"one without a limit", window({}, kNow + hours(3)), "never", "never"},
                           Row{"one that waits without a limit", waiting({}, "5h"), "never", "never"}}) {
      CAPTURE(row.name);
      const Forecast cast = forecast(row.window, {}, kNow);
      CHECK(text_of(cast.next_reset) == row.reset);
      CHECK(text_of(cast.expires) == row.expires);
    }
  }

  TEST_CASE("a rolling window that waits is exhausted only within its length") {
    CHECK(text_of(forecast(waiting({100, {}, 0, 0}, "5h"), {25, 0}, kNow).exhausted_at) == "in 240 min");
    CHECK(text_of(forecast(waiting({100, {}, 0, 0}, "5h"), {20, 0}, kNow).exhausted_at) == "never");
  }

  TEST_CASE("the unused share is what the pace leaves of the limit") {
    struct Row {
      const char* name;
      WindowState window;
      Pace pace;
      double want;
    };
    const WallTime reset = kNow + hours(4);
    for (const Row& row : {
             Row{"untouched", window({100, {}, 0, 0}, reset), {}, 1},
             Row{"nobody asks any more", window({100, {}, 40, 0}, reset), {}, 0.6},
             Row{"at the pace", window({100, {}, 40, 0}, reset), {5, 0}, 0.4},
             Row{"just used up", window({100, {}, 40, 0}, reset), {15, 0}, 0},
             Row{"more than used up", window({100, {}, 40, 0}, reset), {1e18, 0}, 0},
             Row{"used up", window({100, {}, 100, 0}, reset), {}, 0},
             Row{"overdrawn", window({100, {}, 150, 0}, reset), {}, 0},
             Row{"tokens", window({{}, 1000, 0, 500}, reset), {1e9, 25}, 0.4},
             Row{"the smaller of both", window({100, 1000, 40, 500}, reset), {5, 25}, 0.4},
             Row{"the smaller of both, the other way", window({100, 1000, 40, 800}, reset), {5, 25}, 0.1},
             Row{"a rolling one that waits", waiting({100, {}, 0, 0}, "5h"), {10, 0}, 0.5},
             Row{"one that is never reset", window({100, {}, 40, 0}, std::nullopt), {5, 0}, 0.6},
             Row{"a reset that is due", window({100, {}, 40, 0}, kNow - hours(1)), {5, 0}, 0.6},
             Row{"huge", window({kMax, {}, 0, 0}, reset), {1e18, 0}, 1 - 4e18 / 9223372036854775807.0},
             Row{"without a limit", window({{}, {}, 40, 500}, reset), {5, 5}, 1},
         }) {
      CAPTURE(row.name);
      CHECK(forecast(row.window, row.pace, kNow).unused_share == doctest::Approx(row.want));
    }
  }

  TEST_CASE("all windows of all counters together: the least that is left, the soonest times, the smallest share") {
    CounterState own;
    own.windows = {waiting({100, {}, 0, 0}, "5h"), window({1000, 5000, 900, 1000}, kNow + hours(48))};
    own.pace = {10, 100};
    CounterState account;
    account.windows = {window({{}, 9000, 0, 6000}, kNow + hours(24))};
    account.pace = {1000, 1000};

    const Forecast own_cast = forecast({own}, kNow);
    CHECK(text_of(own_cast.remaining) == "100 requests, 4000 tokens");
    CHECK(text_of(own_cast.next_reset) == "in 2880 min");
    CHECK(text_of(own_cast.exhausted_at) == "in 600 min");
    CHECK(own_cast.unused_share == 0);

    const Forecast both = forecast({own, account}, kNow);
    CHECK(text_of(both.remaining) == "100 requests, 3000 tokens");
    CHECK(text_of(both.next_reset) == "in 1440 min");
    CHECK(text_of(both.exhausted_at) == "in 180 min");
    CHECK(both.unused_share == 0);

    own.pace = account.pace = {};
    CHECK(forecast({own}, kNow).unused_share == doctest::Approx(0.1));
    CHECK(forecast({account}, kNow).unused_share == doctest::Approx(1.0 / 3));
    CHECK(forecast({account, own}, kNow).unused_share == doctest::Approx(0.1));
  }

  TEST_CASE("the end of a short window costs nothing as long as the longer one can still be used up, in a busy third") {
    // 60 in 5 hours, which began an hour ago, and some in 100 hours.
    const auto both = [](const Quota& short_one, const Quota& long_one) {
      CounterState counter;
      counter.windows = {window(long_one, kNow + hours(100)), window(short_one, kNow + hours(4))};
      return counter;
    };
    const Quota sixty{60, {}, 30, 0};
    struct Row {
      const char* name;
      CounterState counter;
      const char* want;
    };
    for (const Row& row : {
             Row{"one more 5 hours", both(sixty, {900, {}, 840, 0}), "in 5100 min"},
             Row{"four of them", both(sixty, {900, {}, 660, 0}), "in 2400 min"},
             Row{"just too many", both(sixty, {900, {}, 500, 0}), "in 240 min"},
             Row{"all", both(sixty, {900, {}, 0, 0}), "in 240 min"},
             Row{"more than ever", both(sixty, {kMax, {}, 0, 0}), "in 240 min"},
             Row{"nothing is left", both(sixty, {900, {}, 900, 0}), "in 6000 min"},
             Row{"tokens", both({{}, 60, 0, 60}, {{}, 900, 0, 840}), "in 5100 min"},
             Row{"the slower of both", both({60, 60, 0, 0}, {900, 900, 840, 660}), "in 2400 min"},
             Row{"tokens say nothing of requests", both(sixty, {{}, 900, 0, 0}), "in 6000 min"},
             Row{"the short one has no limit", both({}, {900, {}, 0, 0}), "in 6000 min"},
             Row{"the long one has no limit", both(sixty, {}), "in 240 min"},
         }) {
      CAPTURE(row.name);
      CHECK(text_of(forecast({row.counter}, kNow).expires) == row.want);
    }
  }

  TEST_CASE("of many windows the one counts that is lost last, whichever counter it is in") {
    CounterState own;
    own.windows = {waiting({10, {}, 0, 0}, "1m"), waiting({60, {}, 0, 0}, "1h")};
    CHECK(text_of(forecast({own}, kNow).expires) == "in 42 min");  // 60 at 10 a minute take 6
    CounterState account;
    account.windows = {waiting({300, {}, 0, 0}, "1d")};
    CHECK(text_of(forecast({own, account}, kNow).expires) == "in 540 min");  // 300 at 60 an hour take 5
    account.windows.push_back(window({100, {}, 40, 0}, std::nullopt));
    CHECK(text_of(forecast({account, own}, kNow).expires) == "in 540 min");
  }

  TEST_CASE("windows without a limit count for nothing") {
    CounterState counter;
    counter.windows = {window({{}, {}, 50, 500}, kNow + hours(1)), window({100, {}, 50, 500}, kNow + hours(4))};
    counter.pace = {5, 1e9};
    const Forecast cast = forecast({counter}, kNow);
    CHECK(text_of(cast.remaining) == "50 requests, - tokens");
    CHECK(text_of(cast.next_reset) == "in 240 min");
    CHECK(text_of(cast.expires) == "in 240 min");
    CHECK(cast.unused_share == doctest::Approx(0.3));

    counter.windows.pop_back();
    const Forecast none = forecast({counter}, kNow);
    CHECK_FALSE(none.limited());
    CHECK(text_of(none.next_reset) == "never");
    CHECK(text_of(none.expires) == "never");
    CHECK(text_of(none.exhausted_at) == "never");
    CHECK(none.unused_share == 1);
    CHECK_FALSE(forecast({}, kNow).limited());
  }
}

}  // namespace
}  // namespace aigw::usage
