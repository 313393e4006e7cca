#include "routing/retry.h"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aigw::routing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::optional<Millis> kNone;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7 (`date -u -d ... +%s`).
constexpr WallTime kRfcExample{seconds(784'111'777)};

std::optional<Millis> after(std::string_view retry_after, WallTime now = kRfcExample) {
  RateLimitHeaders headers;
  headers.retry_after = retry_after;
  return wait_hint(headers, now);
}

TEST_SUITE("routing/retry") {
  TEST_CASE("every status has its place in the failover chart") {
    const std::set<int> switches = {401, 402, 403, 429};
    for (int status = 100; status <= 599; ++status) {
      CAPTURE(status);
      Next want = Next::Retry;
      if (status / 100 == 2) want = Next::Answer;
      if (status / 100 == 4 && status != 408) want = switches.count(status) == 1 ? Next::Switch : Next::Answer;
      CHECK(after_status(status) == want);
    }
  }

  TEST_CASE("the statuses that users know do what the README says") {
    struct Row {
      const char* name;
      int status;
      Next want;
    };
    for (const Row& row :
         {Row{"ok", 200, Next::Answer}, Row{"accepted", 202, Next::Answer}, Row{"redirect", 302, Next::Retry},
          Row{"bad request", 400, Next::Answer}, Row{"bad key", 401, Next::Switch}, Row{"no credit", 402, Next::Switch},
          Row{"forbidden", 403, Next::Switch}, Row{"not found", 404, Next::Answer}, Row{"timeout", 408, Next::Retry},
          Row{"unprocessable", 422, Next::Answer}, Row{"rate limit", 429, Next::Switch},
          Row{"server error", 500, Next::Retry}, Row{"bad gateway", 502, Next::Retry},
          Row{"overloaded", 529, Next::Retry}, Row{"no status at all", 0, Next::Retry},
          Row{"beyond HTTP", 999, Next::Retry}, Row{"negative", -1, Next::Retry}}) {
      CAPTURE(row.name);
      CHECK(after_status(row.status) == row.want);
    }
  }

  TEST_CASE("what failed on the way is retried, what another try cannot change is not") {
    struct Row {
      const char* name;
      ErrorKind kind;
      Next want;
    };
    for (const Row& row :
         {Row{"refused", ErrorKind::Refused, Next::Retry}, Row{"broken", ErrorKind::Broken, Next::Retry},
          Row{"TLS", ErrorKind::TlsFailed, Next::Retry}, Row{"timed out", ErrorKind::TimedOut, Next::Retry},
          Row{"garbled", ErrorKind::Garbled, Next::Retry}, Row{"bad request", ErrorKind::BadRequest, Next::Answer},
          Row{"client gone", ErrorKind::ClientGone, Next::Answer}, Row{"not found", ErrorKind::NotFound, Next::Switch},
          Row{"too large", ErrorKind::TooLarge, Next::Switch}, Row{"unavailable", ErrorKind::Unavailable, Next::Switch},
          Row{"file", ErrorKind::Io, Next::Switch}, Row{"invalid", ErrorKind::Invalid, Next::Switch}}) {
      CAPTURE(row.name);
      CHECK(after_error(row.kind) == row.want);
    }
  }

  TEST_CASE("of what leads to another attempt, all but a 429 speaks against the provider") {
    for (const int status : {0, 302, 401, 402, 403, 408, 500, 503, 529}) {
      CAPTURE(status);
      CHECK(is_own_failure(status));
    }
    CHECK_FALSE(is_own_failure(429));
  }

  TEST_CASE("only 401, 402, 403 and 429 cool") {
    for (int status = 100; status <= 599; ++status) {
      CAPTURE(status);
      std::optional<Millis> want;
      if (status == 402 || status == 429) want = seconds(30);
      if (status == 401 || status == 403) want = seconds(60);
      CHECK(cooldown_after(status, kNone) == want);
      CHECK(cooldown_after(status, seconds(5)).has_value() == want.has_value());
    }
  }

  TEST_CASE("a hint sets the cooldown of a rate limit, within an hour, but not that of a bad key") {
    struct Row {
      const char* name;
      int status;
      Millis hint;
      Millis want;
    };
    for (const Row& row : {Row{"429", 429, seconds(7), seconds(7)}, Row{"402", 402, seconds(7), seconds(7)},
                           Row{"at once", 429, Millis(0), Millis(0)}, Row{"negative", 429, seconds(-5), Millis(0)},
                           Row{"an hour", 429, hours(1), hours(1)}, Row{"a day", 429, hours(24), hours(1)},
                           Row{"401", 401, seconds(7), seconds(60)}, Row{"403", 403, hours(24), seconds(60)}}) {
      CAPTURE(row.name);
      CHECK(cooldown_after(row.status, row.hint) == row.want);
    }
  }

  TEST_CASE("retry-after in seconds") {
    struct Row {
      const char* text;
      std::optional<Millis> want;
    };
    const Millis year = hours(366 * 24);
    for (const Row& row :
         {Row{"0", Millis(0)}, Row{"1", seconds(1)}, Row{"120", minutes(2)}, Row{" 5 ", seconds(5)},
          Row{"0.25", Millis(250)}, Row{"1.0001", Millis(1'001)}, Row{"99999999999", year},
          Row{"999999999999999999999999999999", year}, Row{"", kNone}, Row{" ", kNone}, Row{"-1", kNone},
          Row{"+1", kNone}, Row{"soon", kNone}, Row{"5 seconds", kNone}, Row{"5s", kNone}, Row{"0x10", kNone},
          Row{"1e3", kNone}, Row{"nan", kNone}, Row{"inf", kNone}, Row{"1,5", kNone}, Row{".5", kNone}}) {
      CAPTURE(row.text);
      CHECK(after(row.text) == row.want);
    }
    CHECK(after(std::string(5'000, '9')) == kNone);
  }

  TEST_CASE("retry-after as an HTTP date") {
    struct Row {
      const char* text;
      std::optional<Millis> want;
    };
    for (const Row& row :
         {Row{"Sun, 06 Nov 1994 08:49:37 GMT", Millis(0)}, Row{"Sun, 06 Nov 1994 08:49:38 GMT", seconds(1)},
          Row{"  Sun, 06 Nov 1994 08:50:37 GMT ", minutes(1)}, Row{"Mon, 07 Nov 1994 08:49:37 GMT", hours(24)},
          Row{"Sun, 06 Nov 1994 08:49:36 GMT", Millis(0)}, Row{"Thu, 01 Jan 1970 00:00:00 GMT", Millis(0)},
          Row{"Sat, 31 Dec 1994 23:59:60 GMT", hours(55 * 24 + 15) + minutes(10) + seconds(23)},
          Row{"Fri, 31 Dec 9999 23:59:59 GMT", hours(366 * 24)},
          // Refused: no such time, another zone, other spellings, the obsolete forms of RFC 9110 §5.6.7.
          Row{"Sun, 31 Feb 1995 08:49:37 GMT", kNone}, Row{"Sun, 00 Nov 1994 08:49:37 GMT", kNone},
          Row{"Sun, 29 Feb 1995 08:49:37 GMT", kNone}, Row{"Sun, 06 Nov 1994 24:00:00 GMT", kNone},
          Row{"Sun, 06 Nov 1994 08:60:00 GMT", kNone}, Row{"Sun, 06 Nov 1994 08:49:61 GMT", kNone},
          Row{"Sun, 06 Nov 1994 08:49:37 CET", kNone}, Row{"Sun, 06 nov 1994 08:49:37 GMT", kNone},
          Row{"Sun, 06 anF 1994 08:49:37 GMT", kNone}, Row{"Sun, 6 Nov 1994 08:49:37 GMT", kNone},
          Row{"Sun, -6 Nov 1994 08:49:37 GMT", kNone}, Row{"Sun, 06 Nov 1994 08:49:37", kNone},
          Row{"Sun, 06 Nov 1994 08:49:37 GMT+1", kNone}, Row{"Sunday, 06-Nov-94 08:49:37 GMT", kNone},
          Row{"Sun Nov  6 08:49:37 1994", kNone}}) {
      CAPTURE(row.text);
      CHECK(after(row.text) == row.want);
    }
  }

  TEST_CASE("every month of an HTTP date is read") {
    // 1995 has no leap day, so noon of the 15th is this many days after the first of January, and twelve hours.
    const std::vector<std::pair<const char*, int>> months = {
        {"Jan", 14},  {"Feb", 45},  {"Mar", 73},  {"Apr", 104}, {"May", 134}, {"Jun", 165},
        {"Jul", 195}, {"Aug", 226}, {"Sep", 257}, {"Oct", 287}, {"Nov", 318}, {"Dec", 348}};
    const WallTime new_year{seconds(788'918'400)};
    for (const auto& [name, days] : months) {
      const std::string date = "Wed, 15 " + std::string(name) + " 1995 12:00:00 GMT";
      CAPTURE(date);
      CHECK(after(date, new_year) == hours(24 * days + 12));
    }
  }

  TEST_CASE("the wait until a date is never too short") {
    CHECK(after("Sun, 06 Nov 1994 08:49:40 GMT", kRfcExample + Micros(1'500)) == Millis(2'999));
  }

  TEST_CASE("x-ratelimit-reset durations") {
    struct Row {
      const char* text;
      std::optional<Millis> want;
    };
    for (const Row& row :
         {Row{"1s", seconds(1)}, Row{"6m0s", minutes(6)}, Row{"120ms", Millis(120)},
          Row{"1h2m3s", hours(1) + minutes(2) + seconds(3)}, Row{"16.12s", Millis(16'120)},
          Row{"2m59.56s", Millis(179'560)}, Row{"7.66s", Millis(7'660)}, Row{"1d2h", hours(26)},
          Row{"1m30s500ms", Millis(90'500)}, Row{"576µs", Millis(1)}, Row{"576us", Millis(1)}, Row{"576ns", Millis(1)},
          Row{"0s", Millis(0)}, Row{"20", seconds(20)}, Row{"0", Millis(0)}, Row{" 1s ", seconds(1)},
          Row{"99999999h", hours(366 * 24)}, Row{"-1", kNone}, Row{"-1s", kNone}, Row{"", kNone}, Row{"s", kNone},
          Row{"1x", kNone}, Row{"1s2", kNone}, Row{"1s 2", kNone}, Row{"1 s", kNone}, Row{"m1", kNone},
          Row{"1s-1ms", kNone}, Row{"tomorrow", kNone}, Row{"2024-01-15T00:00:00Z", kNone}}) {
      CAPTURE(row.text);
      RateLimitHeaders requests;
      requests.reset_requests = row.text;
      CHECK(wait_hint(requests, kRfcExample) == row.want);
      RateLimitHeaders tokens;
      tokens.reset_tokens = row.text;
      CHECK(wait_hint(tokens, kRfcExample) == row.want);
    }
  }

  TEST_CASE("the first readable header counts, and of two limits the one that has nothing left") {
    struct Row {
      const char* name;
      RateLimitHeaders headers;
      std::optional<Millis> want;
    };
    const std::vector<Row> rows = {
        {"nothing", {}, kNone},
        {"milliseconds first", {"1500", "9", "1s", "0", "1s", "0"}, Millis(1'500)},
        {"unreadable milliseconds", {"x", "9", "1s", "0", "1s", "0"}, seconds(9)},
        {"negative milliseconds", {"-5", "9", "", "", "", ""}, seconds(9)},
        {"retry-after before resets", {"", "9", "1m0s", "0", "", ""}, seconds(9)},
        {"unreadable retry-after", {"", "-1", "1m0s", "0", "", ""}, minutes(1)},
        {"a wait of 0 is a wait", {"", "0", "1m0s", "0", "", ""}, Millis(0)},
        {"requests are used up", {"", "", "2s", "0", "1m0s", "12000"}, seconds(2)},
        {"tokens are used up", {"", "", "2s", "7", "1m0s", "0"}, minutes(1)},
        {"both are used up", {"", "", "2s", "0", "1m0s", "0"}, minutes(1)},
        {"both, the other way round", {"", "", "3m0s", "0", "1m0s", "0"}, minutes(3)},
        {"remaining is not said", {"", "", "2s", "", "1m0s", ""}, minutes(1)},
        {"remaining is garbage", {"", "", "2s", "-1", "", ""}, seconds(2)},
        {"neither is used up", {"", "", "2s", "5", "1m0s", "6"}, kNone},
        {"Azure's -1", {"", "", "-1", "0", "20", "0"}, seconds(20)},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(wait_hint(row.headers, kRfcExample) == row.want);
    }
  }

  TEST_CASE("a backoff doubles from 100 ms to 2 s and lies between its half and its whole") {
    struct Row {
      int retry;
      Millis whole;
    };
    std::mt19937_64 random(1);
    for (const Row& row : {Row{1, Millis(100)}, Row{2, Millis(200)}, Row{3, Millis(400)}, Row{4, Millis(800)},
                           Row{5, Millis(1'600)}, Row{6, seconds(2)}, Row{10, seconds(2)},
                           Row{std::numeric_limits<int>::max(), seconds(2)}, Row{0, Millis(100)},
                           Row{-3, Millis(100)}}) {
      CAPTURE(row.retry);
      std::set<Millis> seen;
      for (int i = 0; i < 2'000; ++i) seen.insert(backoff(row.retry, kNone, random()));
      CHECK(*seen.begin() >= row.whole / 2);
      CHECK(*seen.begin() <= row.whole * 55 / 100);
      CHECK(*seen.rbegin() <= row.whole);
      CHECK(*seen.rbegin() >= row.whole * 95 / 100);
    }
  }

  TEST_CASE("the ends of the jitter are reached") {
    CHECK(backoff(1, kNone, 0) == Millis(50));
    CHECK(backoff(1, kNone, 50) == Millis(100));
    CHECK(backoff(1, kNone, 51) == Millis(50));
  }

  TEST_CASE("a short hint replaces the backoff, a long one does not") {
    struct Row {
      const char* name;
      Millis hint;
      Millis want;
    };
    for (const Row& row : {Row{"at once", Millis(0), Millis(0)}, Row{"one second", seconds(1), seconds(1)},
                           Row{"two seconds", seconds(2), seconds(2)}, Row{"a little more", Millis(2'001), Millis(50)},
                           Row{"a minute", minutes(1), Millis(50)}, Row{"negative", Millis(-1), Millis(50)}}) {
      CAPTURE(row.name);
      CHECK(backoff(1, row.hint, 0) == row.want);
    }
  }
}

}  // namespace
}  // namespace aigw::routing
