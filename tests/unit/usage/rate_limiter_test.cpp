#include "usage/rate_limiter.h"

#include <doctest/doctest.h>

#include <atomic>

#include "usage/counters_fixture.h"
#include "usage/rate_limiter_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using What = RateShortage::What;
using std::chrono::seconds;

config::Limits concurrency_limit(std::int64_t requests) { return {{}, {}, requests}; }

}  // namespace

TEST_SUITE("usage/rate_limiter") {
  TEST_CASE("a request that was not sent does not count; one that was does, answered or not") {
    for (const bool sent : {true, false}) {
      CAPTURE(sent);
      Limited limited(requests_limit(2));
      CHECK(limited.reserve(kStart));
      CHECK(limited.reserve(kStart));
      CHECK_FALSE(limited.reserve(kStart));
      limited.settle(kStart);
      CHECK_FALSE(limited.reserve(kStart));
      limited.release(sent);
      CHECK(limited.reserve(kStart) == !sent);
    }
  }

  TEST_CASE("what is given back a minute later takes nothing from those who count there now") {
    Limited limited(requests_limit(2));
    CHECK(limited.reserve(kStart));
    const SteadyTime later = kStart + seconds(61);  // the same place among the seconds
    CHECK(limited.reserve(later));
    CHECK(limited.reserve(later));
    limited.release(false);
    CHECK_FALSE(limited.reserve(later));
  }

  TEST_CASE("a request counts again when it is sent again, until there is no room") {
    Limited limited(requests_limit(3));
    CHECK(limited.reserve(kStart));
    RateLimiter::Grip& grip = limited.held.front();
    CHECK(limited.limiter.again(grip, kStart + seconds(1)));
    CHECK(limited.limiter.again(grip, kStart + seconds(2)));
    CHECK_FALSE(limited.limiter.again(grip, kStart + seconds(3)));
    CHECK(limited.limiter.in_flight() == 1);
    limited.release(false);  // the last one was not sent, after all
    CHECK(limited.remaining(kStart + seconds(3)) == 1);
    CHECK(limited.remaining(kStart + seconds(60)) == 1);
    CHECK(limited.remaining(kStart + seconds(61)) == 2);
    CHECK(limited.remaining(kStart + seconds(62)) == 3);
  }

  TEST_CASE("what was not sent again after all is taken back, and the time before counts as it did") {
    Limited limited(requests_limit(2));
    CHECK(limited.reserve(kStart));
    RateLimiter::Grip& grip = limited.held.front();
    const RateLimiter::Grip before = grip;
    CHECK(limited.limiter.again(grip, kStart + seconds(30)));
    CHECK(limited.remaining(kStart + seconds(30)) == 0);
    limited.limiter.not_again(grip, before);
    CHECK(limited.remaining(kStart + seconds(30)) == 1);
    CHECK(limited.limiter.in_flight() == 1);
    limited.release(false);
    CHECK(limited.remaining(kStart + seconds(30)) == 2);
  }

  TEST_CASE("no more than the limit are in flight, however they end") {
    Limited limited(concurrency_limit(3));
    for (int i = 0; i < 3; ++i) CHECK(limited.reserve(kStart));
    const auto shortage = limited.limiter.shortage(kStart + seconds(100));  // no minute frees them
    REQUIRE(shortage);
    CHECK(shortage->what == What::Concurrency);
    CHECK(shortage->limit == 3);
    CHECK(shortage->free_in == Millis(1'000));
    limited.settle(kStart);
    CHECK(limited.reserve(kStart));
    CHECK_FALSE(limited.reserve(kStart));
    limited.release(true);
    limited.release(false);
    CHECK(limited.reserve(kStart));
    CHECK(limited.reserve(kStart));
    CHECK_FALSE(limited.reserve(kStart));
    CHECK(limited.limiter.in_flight() == 3);
  }

  TEST_CASE("what clients are told: the limit, what is left of it, and when all of it is there again") {
    Limited limited({10, 1000, {}});
    struct Row {
      SteadyTime now;
      std::int64_t requests, tokens;
      Millis requests_reset, tokens_reset;
    };
    const auto check = [&](const Row& row) {
      CAPTURE((row.now - kStart).count());
      const auto requests = limited.limiter.requests(row.now);
      const auto tokens = limited.limiter.tokens(row.now);
      REQUIRE(requests);
      REQUIRE(tokens);
      CHECK(requests->limit == 10);
      CHECK(tokens->limit == 1000);
      CHECK(requests->remaining == row.requests);
      CHECK(tokens->remaining == row.tokens);
      CHECK(requests->reset == row.requests_reset);
      CHECK(tokens->reset == row.tokens_reset);
    };
    check({kStart, 10, 1000, Millis(0), Millis(0)});
    CHECK(limited.reserve(kStart + Millis(500), 300));
    check({kStart + Millis(500), 9, 700, Millis(60'500), Millis(0)});  // held: no time frees it
    CHECK(limited.reserve(kStart + Millis(2'250), 100));
    check({kStart + Millis(2'250), 8, 600, Millis(60'750), Millis(0)});
    limited.settle(kStart + Millis(3'001), 450);
    check({kStart + Millis(3'001), 8, 450, Millis(59'999), Millis(60'999)});
    check({kStart + Millis(61'000), 9, 450, Millis(2'000), Millis(3'000)});
    limited.settle(kStart + Millis(64'000), 5000);
    check({kStart + Millis(64'000), 10, 0, Millis(0), Millis(61'000)});
  }

  TEST_CASE("without a limit of a minute there is nothing to tell") {
    for (const config::Limits& limits : {config::Limits{}, concurrency_limit(2)}) {
      Limited limited(limits);
      CHECK(limited.reserve(kStart, 100));
      CHECK_FALSE(limited.limiter.requests(kStart));
      CHECK_FALSE(limited.limiter.tokens(kStart));
      limited.settle(kStart, 100);
    }
  }

  TEST_CASE("limits can change while they are in use: what was counted stays, what was not does not appear") {
    Limited limited(requests_limit(3));
    for (int i = 0; i < 3; ++i) CHECK(limited.reserve(kStart, 50));
    limited.limiter.configure(requests_limit(5));
    CHECK(limited.remaining(kStart) == 2);
    limited.limiter.configure(requests_limit(2));
    CHECK(limited.remaining(kStart) == 0);
    const auto shortage = limited.limiter.shortage(kStart);
    REQUIRE(shortage);
    check_free_in(limited.limiter, *shortage, kStart);
    limited.limiter.configure(concurrency_limit(3));
    CHECK(limited.limiter.shortage(kStart)->what == What::Concurrency);
    limited.limiter.configure(tokens_limit(150));
    CHECK(limited.limiter.shortage(kStart)->what == What::Tokens);
    limited.settle(kStart, 0);
    CHECK(limited.reserve(kStart));
    limited.limiter.configure({});
    for (int i = 0; i < 100; ++i) CHECK(limited.reserve(kStart));
    limited.limiter.configure(requests_limit(104));
    CHECK(limited.remaining(kStart) == 0);
    while (!limited.held.empty()) limited.settle(kStart, 1);
    CHECK(limited.limiter.in_flight() == 0);
    CHECK(limited.limiter.shortage(kStart + seconds(61)) == std::nullopt);
  }

  TEST_CASE("what began before there was a limit takes no room from it when it is given back") {
    Limited limited({});
    CHECK(limited.reserve(kStart));
    limited.limiter.configure(requests_limit(1));
    CHECK(limited.reserve(kStart));
    limited.release(false);
    CHECK_FALSE(limited.reserve(kStart));
  }

  TEST_CASE("whatever the clock shows, and however far it jumps, a minute is a minute") {
    for (const std::int64_t start_ms :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{59'999}, std::int64_t{60'000}, std::int64_t{61'000},
          std::int64_t{1'705'320'000'123}, std::int64_t{9'000'000'000'000}}) {
      for (const int jump : {61, 62, 121, 122, 123, 1'000'000}) {
        CAPTURE(start_ms);
        CAPTURE(jump);
        Limited limited(requests_limit(1));
        const SteadyTime start{Millis(start_ms)};
        CHECK(limited.reserve(start));
        CHECK_FALSE(limited.reserve(start));
        CHECK_FALSE(limited.reserve(start + seconds(60) - Millis(1)));
        CHECK_FALSE(limited.limiter.shortage(start + seconds(61)));
        check_free_in(limited.limiter, *limited.limiter.shortage(start), start);
        CHECK(limited.reserve(start + seconds(jump)));
        CHECK_FALSE(limited.reserve(start + seconds(jump)));
        CHECK_FALSE(limited.reserve(start + seconds(jump - 1)));  // read before, and late
      }
    }
  }

  TEST_CASE("of 200 threads exactly as many get through as the limit lets, and as many are in flight") {
    for (const config::Limits& limits : {requests_limit(100), concurrency_limit(100), tokens_limit(1000)}) {
      RateLimiter limiter;
      limiter.configure(limits);
      std::atomic<int> through{0};
      in_threads(200, [&](int) {
        RateLimiter::Grip grip;
        if (!limiter.reserve(10, kStart, nullptr, grip)) ++through;
      });
      CHECK(through == 100);
      CHECK(limiter.in_flight() == 100);
    }
  }

  TEST_CASE("threads that reserve, give back and settle while limits change leave nothing behind") {
    RateLimiter limiter;
    limiter.configure({100'000, 1'000'000, 4});
    std::atomic<int> settled{0};
    in_threads(8, [&](int thread) {
      for (int i = 0; i < 500; ++i) {
        RateLimiter::Grip grip;
        if (thread == 0) limiter.configure({100'000, 1'000'000, 2 + i % 5});
        if (limiter.reserve(10, kStart, nullptr, grip)) continue;
        CHECK(limiter.in_flight() <= 6);
        if (i % 2 == 0) limiter.release(grip, false, kStart);
        if (i % 2 == 1) limiter.settle(grip, 7, kStart);
        settled += i % 2;
      }
    });
    CHECK(limiter.in_flight() == 0);
    CHECK(limiter.requests(kStart)->remaining == 100'000 - settled);
    CHECK(limiter.tokens(kStart)->remaining == 1'000'000 - 7 * settled);
  }
}
