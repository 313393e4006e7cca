#include "routing/route_state.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

namespace aigw::routing {
namespace {

TEST_SUITE("routing/route_state") {
  TEST_CASE("a new route knows nothing") {
    const RouteState state;
    CHECK(state.average_completion_tokens() == 0);
  }

  TEST_CASE("the average starts at the first value and takes a tenth of each further one") {
    RouteState state;
    state.answered(200);
    CHECK(state.average_completion_tokens() == 200);
    state.answered(300);
    CHECK(state.average_completion_tokens() == 210);
    state.answered(10);
    CHECK(state.average_completion_tokens() == 190);
  }

  TEST_CASE("a route that begins with an average goes on from there") {
    RouteState state(100);
    CHECK(state.average_completion_tokens() == 100);
    state.answered(200);
    CHECK(state.average_completion_tokens() == 110);
  }

  TEST_CASE("a part of a token counts whole") {
    RouteState state;
    state.answered(10);
    state.answered(11);
    CHECK(state.average_completion_tokens() == 11);
    for (int i = 0; i < 100; ++i) state.answered(0);
    CHECK(state.average_completion_tokens() == 1);
  }

  TEST_CASE("a count that no answer has is taken for the nearest possible one") {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    RouteState state;
    state.answered(-5);
    CHECK(state.average_completion_tokens() == 0);
    state.answered(kMost);
    CHECK(state.average_completion_tokens() == 10'000'000);
    CHECK(RouteState(kMost).average_completion_tokens() == 10'000'000);
    CHECK(RouteState(-1).average_completion_tokens() == 0);
  }

  TEST_CASE("no answer is lost between threads") {
    // From this start each of 100 answers of 0 still takes its tenth: one that was left out shows.
    constexpr std::int64_t kStart = 10'000'000;
    constexpr int kThreads = 4;
    constexpr int kAnswers = 25;
    RouteState alone(kStart);
    for (int i = 0; i < kThreads * kAnswers; ++i) alone.answered(0);
    for (int round = 0; round < 100; ++round) {
      RouteState shared(kStart);
      std::atomic<int> missing{kThreads};  // they start together, or they would not meet
      std::vector<std::thread> threads;
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&] {
          for (--missing; missing > 0;) std::this_thread::yield();
          for (int i = 0; i < kAnswers; ++i) shared.answered(0);
        });
      }
      for (std::thread& thread : threads) thread.join();
      CHECK(shared.average_completion_tokens() == alone.average_completion_tokens());
    }
  }
}

}  // namespace
}  // namespace aigw::routing
