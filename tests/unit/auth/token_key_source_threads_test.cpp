// Many exchanges at once that ask for the same keys.
#include "auth/token_key_source.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "auth/scripted_provider.h"

namespace aigw::auth {
namespace {

const SteadyTime kStart{std::chrono::hours{1'000}};
constexpr Millis kHour{60 * 60'000};

bool knows(TokenKeySource& source, std::string_view key_id, SteadyTime now) {
  const auto keys = source.keys(key_id, now);
  return keys && (*keys)->has(key_id);
}

// What each of many threads gets that ask for the key `one` while the provider thinks.
std::vector<std::string> outcomes_of_threads(TokenKeySource& source, ScriptedProvider& network) {
  network.hold(true);
  std::vector<std::string> outcomes(32);
  std::vector<std::thread> threads;
  for (std::string& into : outcomes) {
    threads.emplace_back([&source, &into] {
      const auto keys = source.keys("one", kStart);
      into = !keys ? keys.error().detail : (*keys)->has("one") ? "one" : "none";
    });
  }
  network.wait_for_call(1);
  network.hold(false);
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

TEST_SUITE("auth/token_key_source_threads") {
  TEST_CASE("many threads cause one fetch, and all get its keys") {
    ScriptedProvider network;
    TokenKeySource source(rules_of_url(), network);
    CHECK(outcomes_of_threads(source, network) == std::vector<std::string>(32, "one"));
    CHECK(network.calls() == 1);
  }

  TEST_CASE("threads that wait for a fetch that fails all get its fault, and none repeats it") {
    ScriptedProvider network;
    network.failure = Error{ErrorKind::Refused, "the port is closed"};
    TokenKeySource source(rules_of_url(), network);
    CHECK(outcomes_of_threads(source, network) == std::vector<std::string>(32, "jwks_url: the port is closed"));
    CHECK(network.calls() == 1);
  }

  TEST_CASE("while old keys are fetched anew, they serve those that they know; others wait") {
    ScriptedProvider network;
    TokenKeySource source(rules_of_url(), network);
    REQUIRE(knows(source, "one", kStart));
    network.body = set_with("two");
    network.hold(true);
    std::thread fetching([&] { static_cast<void>(source.keys("one", kStart + kHour)); });
    network.wait_for_call(2);
    CHECK(knows(source, "one", kStart + kHour));  // would hang if it waited
    CHECK(knows(source, "", kStart + kHour));
    std::vector<int> knew(16, 0);
    std::latch started(static_cast<std::ptrdiff_t>(knew.size()));
    std::vector<std::thread> waiting;
    for (int& into : knew) {
      waiting.emplace_back([&source, &started, &into] {
        started.count_down();
        into = knows(source, "two", kStart + kHour) ? 1 : 0;
      });
    }
    started.wait();
    network.hold(false);
    fetching.join();
    for (std::thread& thread : waiting) thread.join();
    CHECK(knew == std::vector<int>(16, 1));
    CHECK(network.calls() == 2);
  }
}

}  // namespace
}  // namespace aigw::auth
