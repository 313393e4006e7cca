// Limits of a minute by chance: requests that come, end, are sent again and given back in any order, held against a
// plain list of what counted when.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "usage/rate_limiter_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using What = RateShortage::What;
using std::chrono::seconds;

std::int64_t second_of(SteadyTime time) { return std::chrono::floor<seconds>(time.time_since_epoch()).count(); }

// What counted when, as a list.
struct Counted {
  struct One {
    SteadyTime time;
    std::int64_t amount;
  };
  std::vector<One> all;

  // In the 60 seconds that end with `now`, to the nanosecond.
  std::int64_t in_minute(SteadyTime now) const {
    return sum([&](SteadyTime time) { return now - time < seconds(60); });
  }
  // In this second and the 60 before.
  std::int64_t in_seconds(SteadyTime now) const {
    return sum([&](SteadyTime time) { return second_of(now) - second_of(time) <= 60; });
  }
  template <typename In>
  std::int64_t sum(In in) const {
    std::int64_t result = 0;
    for (const One& one : all) result += in(one.time) ? one.amount : 0;
    return result;
  }
  // The model forgets what can't matter, too.
  void forget(SteadyTime now) {
    std::erase_if(all, [&](const One& one) { return now - one.time > seconds(200); });
  }
};

struct Dice {
  std::mt19937_64 random;
  std::int64_t operator()(std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
  }
};

}  // namespace

TEST_SUITE("usage/rate_limiter_model") {
  TEST_CASE("no 60 seconds hold more requests than the limit, and each leaves 61 seconds later at the latest") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      CAPTURE(seed);
      Dice dice{std::mt19937_64(seed)};
      const std::int64_t limit = 1 + dice(12);
      Limited limited(requests_limit(limit));
      std::deque<SteadyTime> times;  // of what is held, in its order
      Counted counted;
      SteadyTime now = kStart;
      std::int64_t refused = 0;
      for (int step = 0; step < 3000; ++step) {
        if (dice(3) == 0) now += Millis(dice(dice(20) == 0 ? 70'000 : 4'000));
        counted.forget(now);
        REQUIRE(limited.remaining(now) == limit - counted.in_seconds(now));
        const std::int64_t move = dice(10);
        if (move < 6) {
          const auto shortage = limited.limiter.shortage(now);
          const bool room = limited.reserve(now);
          REQUIRE(room == !shortage);
          REQUIRE(room == (counted.in_seconds(now) < limit));
          if (shortage) check_free_in(limited.limiter, *shortage, now);
          refused += room ? 0 : 1;
          if (!room) continue;
          counted.all.push_back({now, 1});
          times.push_back(now);
          REQUIRE(counted.in_minute(now) <= limit);
        } else if (!times.empty()) {
          const SteadyTime reserved = times.front();
          if (move == 6 && limited.limiter.again(limited.held.front(), now)) {
            counted.all.push_back({now, 1});
            times.front() = now;  // this one is its own now
            REQUIRE(counted.in_minute(now) <= limit);
            continue;
          }
          times.pop_front();
          if (move != 7) {
            move == 8 ? limited.release(true, now) : limited.settle(now, dice(1000));
            continue;
          }
          limited.release(false, now);
          const auto found = std::find_if(counted.all.begin(), counted.all.end(),
                                          [&](const auto& one) { return one.time == reserved; });
          if (found != counted.all.end()) counted.all.erase(found);
        }
      }
      CHECK(refused > 100);
    }
  }

  TEST_CASE("tokens: nobody starts while what was used and is held has reached the limit") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      CAPTURE(seed);
      Dice dice{std::mt19937_64(seed)};
      const std::int64_t limit = 100 + dice(1000);
      Limited limited(tokens_limit(limit));
      Counted counted;
      SteadyTime now = kStart;
      std::int64_t held = 0;
      std::int64_t refused = 0;
      for (int step = 0; step < 3000; ++step) {
        if (dice(3) == 0) now += Millis(dice(dice(20) == 0 ? 70'000 : 4'000));
        counted.forget(now);
        const std::int64_t used = counted.in_seconds(now);
        REQUIRE(limited.limiter.tokens(now)->remaining == std::max<std::int64_t>(0, limit - used - held));
        const std::int64_t move = dice(10);
        if (move < 6) {
          const auto shortage = limited.limiter.shortage(now);
          const std::int64_t tokens = dice(limit / 2);
          const bool room = limited.reserve(now, tokens);
          REQUIRE(room == !shortage);
          REQUIRE(room == (used + held < limit));
          if (room) held += tokens;
          if (room) continue;
          ++refused;
          CHECK(shortage->what == What::Tokens);
          CHECK(shortage->limit == limit);
          if (held < limit) check_free_in(limited.limiter, *shortage, now);
          if (held >= limit) CHECK(shortage->free_in == Millis(1'000));
        } else if (!limited.held.empty()) {
          held -= limited.held.front().tokens;
          const std::int64_t tokens = dice(limit);
          if (move == 6) limited.release(dice(2) == 0, now);
          if (move == 6) continue;
          limited.settle(now, tokens);
          counted.all.push_back({now, tokens});
        }
      }
      CHECK(refused > 100);
    }
  }
}
