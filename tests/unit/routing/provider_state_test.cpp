#include "routing/provider_state.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace aigw::routing {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(1'000)};

TEST_SUITE("routing/provider_state") {
  TEST_CASE("a new provider is idle, unmeasured and available") {
    const ProviderState state;
    CHECK_FALSE(state.cooling_until(kStart).has_value());
    CHECK(state.cooldown_reason() == "");
    CHECK_FALSE(state.is_down());
    CHECK(state.in_flight() == 0);
    CHECK(state.average_latency_ms() == 0);
    CHECK_FALSE(state.last_error().has_value());
    CHECK_FALSE(state.usage_option_refused());
  }

  TEST_CASE("a cooldown is over at its end, and its reason stays known") {
    ProviderState state;
    state.cool_down(kStart + seconds(30), "429");
    CHECK(state.cooling_until(kStart) == kStart + seconds(30));
    CHECK(state.cooling_until(kStart + seconds(30) - Millis(1)) == kStart + seconds(30));
    CHECK_FALSE(state.cooling_until(kStart + seconds(30)).has_value());
    CHECK(state.cooldown_reason() == "429");
  }

  TEST_CASE("the later end wins, and its reason with it") {
    ProviderState state;
    state.cool_down(kStart + seconds(60), "401");
    state.cool_down(kStart + seconds(30), "429");
    CHECK(state.cooling_until(kStart) == kStart + seconds(60));
    CHECK(state.cooldown_reason() == "401");
    state.cool_down(kStart + seconds(90), "429");
    CHECK(state.cooling_until(kStart) == kStart + seconds(90));
    CHECK(state.cooldown_reason() == "429");
  }

  TEST_CASE("three failures in a row are down, and the first success is up again") {
    ProviderState state;
    state.failed_itself();
    state.failed_itself();
    CHECK_FALSE(state.is_down());
    state.succeeded();
    state.failed_itself();
    state.failed_itself();
    CHECK_FALSE(state.is_down());
    state.failed_itself();
    CHECK(state.is_down());
    for (int i = 0; i < 10; ++i) state.failed_itself();
    CHECK(state.is_down());
    state.succeeded();
    CHECK_FALSE(state.is_down());
    state.failed_itself();
    CHECK_FALSE(state.is_down());
  }

  TEST_CASE("the average starts at the first value and takes a tenth of each further one") {
    ProviderState state;
    state.first_token_after(Millis(200));
    CHECK(state.average_latency_ms() == doctest::Approx(200));
    state.first_token_after(Millis(300));
    CHECK(state.average_latency_ms() == doctest::Approx(210));
    state.first_token_after(Millis(10));
    CHECK(state.average_latency_ms() == doctest::Approx(190));
  }

  TEST_CASE("a provider that answers within the millisecond counts as measured") {
    ProviderState state;
    state.first_token_after(Millis(0));
    CHECK(state.average_latency_ms() == doctest::Approx(0.5));
  }

  TEST_CASE("the last error is the last one") {
    ProviderState state;
    state.failed("503 overloaded", WallTime(seconds(1)));
    state.failed("timed out after 60 s", WallTime(seconds(2)));
    const auto error = state.last_error();
    REQUIRE(error.has_value());
    CHECK(error->text == "timed out after 60 s");
    CHECK(error->at == WallTime(seconds(2)));
  }

  TEST_CASE("a refused option stays refused") {
    ProviderState state;
    state.refuses_usage_option();
    CHECK(state.usage_option_refused());
  }

  TEST_CASE("no attempt is lost between threads") {
    ProviderState state;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&state] {
        for (int n = 0; n < 2'000; ++n) {
          state.attempt_started();
          state.first_token_after(Millis(100));
          state.cool_down(kStart + Millis(n), "429");
          state.failed("503", WallTime(Millis(n)));
          state.failed_itself();
          if (n % 4 != 0) state.attempt_ended();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(state.in_flight() == 8 * 500);
    CHECK(state.is_down());
    CHECK(state.average_latency_ms() == doctest::Approx(100));
    CHECK(state.cooling_until(kStart) == kStart + Millis(1'999));
  }
}

}  // namespace
}  // namespace aigw::routing
