// SIGKILL for a process that settles exchanges, and what the next one finds.
#include <unistd.h>

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "usage/counters.h"
#include "usage/counters_fixture.h"
#include "usage/killed_child.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr int kThreads = 4;

config::Config two_models() {
  return config_of({{"gpt", "one", {limit_of(1'000'000)}, "acme", {limit_of(1'000'000)}},
                    {"llama", "two", {}, "acme", {limit_of(1'000'000)}}});
}

// In the child: settles without end and writes a byte to `report` after each, its thread's letter. While it lives,
// files are saved and the journal is cut all the time.
[[noreturn]] void settle_until_killed(const std::filesystem::path& folder, int report) {
  auto opened = Counters::open(folder, nullptr, nullptr, noon());
  if (!opened) ::_exit(1);
  Counters& counters = **opened;
  counters.apply(two_models(), noon());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&counters, report, t] {
      const auto meter = t % 2 == 0 ? counters.meter("gpt", "one") : counters.meter("llama", "two");
      const char letter = t % 2 == 0 ? 'g' : 'l';
      for (;;) {
        auto reservation = meter->reserve({10}, clocks(noon()));
        if (!reservation) ::_exit(2);
        reservation->settle({7, 3, false, false}, clocks(noon()));
        if (::write(report, &letter, 1) != 1) ::_exit(3);
      }
    });
  }
  for (int i = 0;; ++i) {
    counters.tick(noon() + std::chrono::seconds(6 * (i % 1000)));
    if (i % 3 == 0 && !counters.flush(noon())) ::_exit(4);
  }
}

}  // namespace

TEST_SUITE("usage/counters_kill") {
  TEST_CASE("killed at any moment, what was reported as settled is counted once, over many restarts") {
    const TempFolder folder;
    std::int64_t reported_gpt = 0;
    std::int64_t reported_llama = 0;
    std::int64_t unreported = 0;
    for (int round = 1; round <= 30; ++round) {
      CAPTURE(round);
      const auto letters = static_cast<std::size_t>(1 + (round * 37) % 400);
      const std::string reported =
          run_and_kill(letters, [&](int report) { settle_until_killed(folder.path(), report); });
      reported_gpt += std::count(reported.begin(), reported.end(), 'g');
      reported_llama += std::count(reported.begin(), reported.end(), 'l');
      Gateway gateway(folder.path());
      gateway.counters->apply(two_models(), noon());
      const std::int64_t gpt = gateway.counters->meter("gpt", "one")->state(noon()).total.requests;
      const std::int64_t llama = gateway.counters->meter("llama", "two")->state(noon()).total.requests;
      const CounterState account = *gateway.counters->meter("gpt", "one")->account_state(noon());
      // Each thread may have been killed between counting and reporting. Such an exchange counts at most once, but
      // perhaps in the account only or in the entry only: their files were not copied at the same instant.
      const std::int64_t ahead = gpt + llama - reported_gpt - reported_llama;
      CHECK(ahead - unreported <= kThreads);
      unreported = ahead;
      CHECK(account.total.requests >= reported_gpt + reported_llama);
      CHECK(account.total.requests <= reported_gpt + reported_llama + round * kThreads);
      CHECK(account.total.tokens() == 10 * account.total.requests);
      // A write that crosses a page may be torn by the kill; nobody was told of that exchange.
      for (const std::string& warning : gateway.warnings) CHECK(warning.find(" torn ") != std::string::npos);
    }
  }
}
