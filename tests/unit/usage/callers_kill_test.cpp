// SIGKILL for a process whose exchanges count in four counters and are charged to a balance.
#include <unistd.h>

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "usage/callers_fixture.h"
#include "usage/killed_child.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr int kThreads = 4;
constexpr NanoDollars kCharge = 3;
constexpr NanoDollars kCredit = 1'000 * kDollar;

struct Family {
  config::Config config = config_of({{"gpt", "one", {limit_of(1'000'000)}, "acme", {limit_of(1'000'000)}},
                                     {"llama", "two", {}, "acme", {limit_of(1'000'000)}}});
  config::Key laptop = key_of("laptop", {cost_limit(kCredit)}, {1'000'000, {}, {}}, "anna");
  config::Key phone = key_of("phone", {}, {}, "anna");
  config::Owner owner = owner_of("anna", {rolling("5h", 1'000'000)});

  std::vector<std::shared_ptr<Meter>> apply(Counters& counters) const {
    counters.apply(config, noon());
    return counters.apply_callers({laptop, phone}, terms_of({owner}), noon());
  }
};

// In the child. While it lives, files are saved, the ledger is written and the journal is cut all the time.
[[noreturn]] void settle_until_killed(const std::filesystem::path& folder, int report) {
  auto opened = Counters::open(folder, nullptr, nullptr, noon());
  if (!opened) ::_exit(1);
  Counters& counters = **opened;
  const auto callers = Family().apply(counters);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto provider = t / 2 == 0 ? counters.meter("gpt", "one") : counters.meter("llama", "two");
      const auto caller = callers[static_cast<std::size_t>(t % 2)];
      const char letter = t % 2 == 0 ? 'l' : 'p';
      for (int i = 0;; ++i) {
        const Now now = clocks(noon() + std::chrono::seconds(i));
        auto one = provider->reserve({10, 1}, now);
        auto other = caller->reserve({10, kCharge}, now);
        if (!one || !other) ::_exit(2);
        Reservation::settle_both(*one, &*other, used_for(1, kCharge, t % 2 == 0 ? "laptop" : "phone"), now);
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

TEST_SUITE("usage/callers_kill") {
  TEST_CASE("killed at any moment, what was reported counts once for key and owner and is charged once") {
    const TempFolder folder;
    REQUIRE(Gateway(folder.path()).counters->wallets().credit("anna", kCredit, "", "", noon()));
    std::int64_t laptop = 0;
    std::int64_t phone = 0;
    for (int round = 1; round <= 30; ++round) {
      CAPTURE(round);
      const auto letters = static_cast<std::size_t>(1 + (round * 37) % 400);
      const std::string reported =
          run_and_kill(letters, [&](int report) { settle_until_killed(folder.path(), report); });
      laptop += std::count(reported.begin(), reported.end(), 'l');
      phone += std::count(reported.begin(), reported.end(), 'p');

      Gateway gateway(folder.path());
      const auto callers = Family().apply(*gateway.counters);
      // Each thread may have been killed between counting and reporting. Such an exchange counts at most once, but
      // perhaps not everywhere: the files were not copied at the same instant.
      const auto check = [&](const Counts& counts, std::int64_t known, int threads) {
        CHECK(counts.requests >= known);
        CHECK(counts.requests <= known + round * threads);
        CHECK(counts.cost == kCharge * counts.requests);
        CHECK(counts.tokens() == 10 * counts.requests);
      };
      check(callers[0]->state(noon()).total, laptop, kThreads / 2);
      check(callers[1]->state(noon()).total, phone, kThreads / 2);
      check(callers[0]->account_state(noon())->total, laptop + phone, kThreads);
      const NanoDollars charged = kCredit - gateway.counters->wallets().balance("anna").value();
      CHECK(charged % kCharge == 0);
      CHECK(charged / kCharge >= laptop + phone);
      CHECK(charged / kCharge <= laptop + phone + round * kThreads);
      // A write that crosses a page may be torn by the kill; nobody was told of it.
      for (const std::string& warning : gateway.warnings) {
        CAPTURE(warning);
        CHECK((warning.find(" torn ") != std::string::npos || warning.find("can't be read") != std::string::npos));
      }
    }
  }
}
