#include "routing/scheduler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace aigw::routing {
namespace {

using config::Strategy;

constexpr Strategy kStrategies[] = {Strategy::Weighted,         Strategy::RoundRobin, Strategy::Random,
                                    Strategy::LeastConnections, Strategy::Latency,    Strategy::Expiring};

struct Tiered {
  int priority;
  int weight;
};

config::Route route_of(Strategy strategy, const std::vector<Tiered>& providers) {
  config::Route route;
  route.strategy = strategy;
  for (const Tiered& tiered : providers) {
    config::Provider provider;
    provider.priority = tiered.priority;
    provider.weight = tiered.weight;
    route.providers.push_back(provider);
  }
  return route;
}

config::Route weighted(const std::vector<int>& weights, Strategy strategy = Strategy::Weighted) {
  std::vector<Tiered> providers;
  for (const int weight : weights) providers.push_back({1, weight});
  return route_of(strategy, providers);
}

std::vector<Candidate> all_of(std::size_t count) {
  std::vector<Candidate> candidates(count);
  for (std::size_t i = 0; i < count; ++i) candidates[i].index = i;
  return candidates;
}

// When quotas are lost: that many seconds from a full minute.
std::optional<WallTime> in_seconds(int seconds) {
  return WallTime(std::chrono::hours(500'000)) + std::chrono::seconds(seconds);
}

// A candidate whose quota is lost then, with that share of it.
Candidate expiring(std::size_t index, std::optional<WallTime> expires, double unused_share) {
  Candidate candidate{index};
  candidate.quota_expires = expires;
  candidate.quota_unused_share = unused_share;
  return candidate;
}

std::vector<std::size_t> picks(Scheduler& scheduler, const std::vector<Candidate>& candidates, std::size_t count) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(scheduler.pick(candidates).value());
  return chosen;
}

std::vector<int> counts_of(const std::vector<std::size_t>& chosen, std::size_t providers) {
  std::vector<int> counts(providers);
  for (const std::size_t index : chosen) ++counts[index];
  return counts;
}

std::string letters(const std::vector<std::size_t>& chosen) {
  std::string text;
  for (const std::size_t index : chosen) text += static_cast<char>('A' + index);
  return text;
}

std::string numbers(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) text += std::to_string(value) + " ";
  return text;
}

// The picks of an exchange in which every attempt fails.
std::vector<std::size_t> exhaust(Scheduler& scheduler, std::vector<Candidate> candidates) {
  std::vector<std::size_t> order;
  while (const auto index = scheduler.pick(candidates)) {
    order.push_back(*index);
    const auto tried = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& candidate) { return candidate.index == *index; });
    if (tried == candidates.end()) break;  // the caller sees a count that is wrong
    candidates.erase(tried);
  }
  return order;
}

TEST_SUITE("routing/scheduler") {
  TEST_CASE("no candidate, no pick") {
    for (const Strategy strategy : kStrategies) {
      CAPTURE(config::to_string(strategy));
      Scheduler scheduler(weighted({1, 2}, strategy), 1);
      CHECK_FALSE(scheduler.pick({}).has_value());
    }
  }

  TEST_CASE("a failing exchange tries each candidate once, tier by tier, weight 0 last in its tier") {
    std::mt19937 random(20240115);
    const auto up_to = [&](int max) { return std::uniform_int_distribution<int>(0, max)(random); };
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const Strategy strategy = kStrategies[up_to(5)];
      CAPTURE(config::to_string(strategy));
      std::vector<Tiered> providers;
      for (int i = up_to(11); i >= 0; --i) providers.push_back({up_to(3), up_to(2) == 0 ? 0 : up_to(20)});
      Scheduler scheduler(route_of(strategy, providers), static_cast<std::uint64_t>(round));

      // Several exchanges at one scheduler, each with its own candidates, so that later ones meet the credit,
      // the load and the latencies that earlier ones left behind.
      for (int exchange = 0; exchange < 10; ++exchange) {
        std::vector<Candidate> candidates;
        for (std::size_t i = 0; i < providers.size(); ++i) {
          if (up_to(4) == 0) continue;
          candidates.push_back({i, up_to(5), up_to(2) * 50.0});
          if (up_to(1) == 0) continue;
          candidates.back().quota_expires = in_seconds(up_to(200));
          candidates.back().quota_unused_share = up_to(2) * 0.5;
        }
        std::shuffle(candidates.begin(), candidates.end(), random);
        const std::vector<std::size_t> order = exhaust(scheduler, candidates);

        std::vector<std::size_t> wanted;
        for (const Candidate& candidate : candidates) wanted.push_back(candidate.index);
        std::vector<std::size_t> tried = order;
        std::sort(wanted.begin(), wanted.end());
        std::sort(tried.begin(), tried.end());
        REQUIRE(tried == wanted);
        REQUIRE(std::is_sorted(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
          const Tiered& x = providers[a];
          const Tiered& y = providers[b];
          return x.priority != y.priority ? x.priority < y.priority : x.weight != 0 && y.weight == 0;
        }));
      }
    }
  }

  TEST_CASE("weights 5, 3, 2 give nginx's smooth sequence") {
    // Worked by hand from credits 0, 0, 0: everyone earns his weight, the richest (the first of equals) pays 10.
    Scheduler scheduler(weighted({5, 3, 2}), 1);
    CHECK(letters(picks(scheduler, all_of(3), 20)) == "ABCAABACBAABCAABACBA");
  }

  TEST_CASE("weights 5, 3, 2 never give three picks in a row to one provider") {
    Scheduler scheduler(weighted({5, 3, 2}), 1);
    const std::string sequence = letters(picks(scheduler, all_of(3), 1000));
    for (const char* burst : {"AAA", "BB", "CC"}) {
      CAPTURE(burst);
      CHECK(sequence.find(burst) == std::string::npos);
    }
  }

  TEST_CASE("every window of one round holds the exact shares, and nobody is ever a whole pick ahead") {
    std::mt19937 random(7);
    std::vector<std::vector<int>> tables = {{5, 3, 2},    {5, 1, 1},  {1},          {10, 10, 10},
                                            {50, 30, 20}, {6, 9, 15}, {100, 1, 1}};
    for (int i = 0; i < 100; ++i) {
      std::vector<int> weights(std::uniform_int_distribution<std::size_t>(1, 7)(random));
      for (int& weight : weights) weight = std::uniform_int_distribution<int>(1, 40)(random);
      tables.push_back(weights);
    }
    for (const std::vector<int>& weights : tables) {
      CAPTURE(numbers(weights));
      const int sum = std::accumulate(weights.begin(), weights.end(), 0);
      const auto round = static_cast<std::size_t>(sum);
      Scheduler scheduler(weighted(weights), 1);
      const auto chosen = picks(scheduler, all_of(weights.size()), 3 * round);
      std::vector<int> window(weights.size());
      std::vector<int> total(weights.size());
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        ++window[chosen[i]];
        ++total[chosen[i]];
        if (i >= round) --window[chosen[i - round]];
        if (i + 1 >= round) REQUIRE(window == weights);
        const auto picked = static_cast<int>(i + 1);
        REQUIRE((total[chosen[i]] - 1) * sum < picked * weights[chosen[i]]);
      }
    }
  }

  TEST_CASE("a common factor changes nothing") {
    Scheduler small(weighted({5, 3, 2}), 1);
    Scheduler large(weighted({500'000, 300'000, 200'000}), 1);
    CHECK(picks(small, all_of(3), 100) == picks(large, all_of(3), 100));
  }

  TEST_CASE("eight threads share out whole rounds exactly") {
    constexpr std::size_t kThreads = 8;
    constexpr std::size_t kPicksPerThread = 5'000;
    Scheduler scheduler(weighted({5, 3, 2}), 1);
    std::vector<std::vector<std::size_t>> chosen(kThreads);
    std::vector<std::thread> threads;
    for (std::vector<std::size_t>& own : chosen) {
      threads.emplace_back([&scheduler, &own] { own = picks(scheduler, all_of(3), kPicksPerThread); });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<int> total(3);
    for (const auto& own : chosen) {
      const std::vector<int> counts = counts_of(own, 3);
      for (std::size_t i = 0; i < 3; ++i) total[i] += counts[i];
    }
    CHECK(numbers(total) == "20000 12000 8000 ");
  }

  TEST_CASE("a million to one is kept to the pick") {
    Scheduler scheduler(weighted({1'000'000, 1}), 1);
    const auto candidates = all_of(2);
    int rare = 0;
    for (int i = 0; i < 1'000'001; ++i) rare += scheduler.pick(candidates).value() == 1 ? 1 : 0;
    CHECK(rare == 1);
  }

  TEST_CASE("the largest weights do not overflow") {
    constexpr int kMax = std::numeric_limits<int>::max();
    for (const Strategy strategy : kStrategies) {
      CAPTURE(config::to_string(strategy));
      Scheduler scheduler(weighted({kMax, kMax, kMax}, strategy), 1);
      std::vector<Candidate> candidates = all_of(3);
      for (Candidate& candidate : candidates) candidate.in_flight = kMax;
      const auto counts = counts_of(picks(scheduler, candidates, 3'000), 3);
      for (const int count : counts) CHECK(count == doctest::Approx(1'000).epsilon(0.1));
    }
  }

  TEST_CASE("a failed provider's turn goes to the others by weight, and its own share stays") {
    // A fails every time and is excluded; C and B (3 to 2) answer in its place.
    Scheduler scheduler(weighted({5, 3, 2}), 1);
    std::vector<int> first(3);
    std::vector<int> answered(3);
    for (int i = 0; i < 1'000; ++i) {
      std::size_t index = scheduler.pick(all_of(3)).value();
      ++first[index];
      if (index == 0) index = scheduler.pick({{1, 0, 0}, {2, 0, 0}}).value();
      ++answered[index];
    }
    CHECK(first[0] == 500);
    CHECK(answered[1] == doctest::Approx(600).epsilon(0.01));
    CHECK(answered[2] == doctest::Approx(400).epsilon(0.01));
  }

  TEST_CASE("a provider that was away does not catch up in a burst") {
    Scheduler scheduler(weighted({1, 1}), 1);
    picks(scheduler, {{0, 0, 0}}, 1'000);
    CHECK(numbers(counts_of(picks(scheduler, all_of(2), 10), 2)) == "5 5 ");
  }

  TEST_CASE("weight 0 waits until the others are gone, and then takes turns") {
    for (const Strategy strategy : kStrategies) {
      CAPTURE(config::to_string(strategy));
      Scheduler scheduler(weighted({0, 1, 0}, strategy), 1);
      // Idle and unmeasured, so that no strategy has another reason to avoid them.
      const std::vector<Candidate> candidates = {{0, 0, 0}, {1, 9, 500}, {2, 0, 0}};
      CHECK(numbers(counts_of(picks(scheduler, candidates, 100), 3)) == "0 100 0 ");
    }
    Scheduler scheduler(weighted({0, 1, 0}), 1);
    CHECK(letters(picks(scheduler, {{0, 0, 0}, {2, 0, 0}}, 4)) == "ACAC");
  }

  TEST_CASE("the next tier is used only while the first has no candidate, also if all there is has weight 0") {
    Scheduler scheduler(route_of(Strategy::Weighted, {{2, 100}, {1, 0}, {3, 100}}), 1);
    CHECK(letters(picks(scheduler, all_of(3), 3)) == "BBB");
    CHECK(letters(picks(scheduler, {{2, 0, 0}, {0, 0, 0}}, 3)) == "AAA");
    CHECK(letters(picks(scheduler, {{2, 0, 0}}, 1)) == "C");
    CHECK(letters(picks(scheduler, all_of(3), 1)) == "B");
  }

  TEST_CASE("round_robin takes turns whatever the weights") {
    Scheduler scheduler(weighted({100, 1, 7}, Strategy::RoundRobin), 1);
    CHECK(letters(picks(scheduler, all_of(3), 9)) == "ABCABCABC");
  }

  TEST_CASE("random keeps to the weights, and to its seed") {
    Scheduler one(weighted({6, 3, 1}, Strategy::Random), 1);
    Scheduler same(weighted({6, 3, 1}, Strategy::Random), 1);
    Scheduler other(weighted({6, 3, 1}, Strategy::Random), 2);
    const auto chosen = picks(one, all_of(3), 10'000);
    CHECK(chosen == picks(same, all_of(3), 10'000));
    CHECK(chosen != picks(other, all_of(3), 10'000));
    const std::vector<int> counts = counts_of(chosen, 3);
    CHECK(counts[0] == doctest::Approx(6'000).epsilon(0.05));
    CHECK(counts[1] == doctest::Approx(3'000).epsilon(0.05));
    CHECK(counts[2] == doctest::Approx(1'000).epsilon(0.1));
  }

  TEST_CASE("least_connections compares what runs with the weight") {
    struct Row {
      const char* name;
      std::vector<int> weights;
      std::vector<int> in_flight;
      std::size_t want;
    };
    for (const Row& row : {Row{"fewest", {1, 1, 1}, {3, 1, 2}, 1}, Row{"idle", {1, 10, 1}, {1, 1, 0}, 2},
                           Row{"4 of 10 is less than 1 of 2", {10, 2}, {4, 1}, 0},
                           Row{"6 of 10 is more than 1 of 2", {10, 2}, {6, 1}, 1},
                           Row{"1 of 3 is more than 333 of 1000", {3, 1000}, {1, 333}, 1}}) {
      CAPTURE(row.name);
      Scheduler scheduler(weighted(row.weights, Strategy::LeastConnections), 1);
      std::vector<Candidate> candidates = all_of(row.weights.size());
      for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].in_flight = row.in_flight[i];
      CHECK(picks(scheduler, candidates, 3) == std::vector<std::size_t>(3, row.want));
    }
  }

  TEST_CASE("least_connections breaks ties by weighted turns") {
    Scheduler equal(weighted({1, 1, 1}, Strategy::LeastConnections), 1);
    CHECK(letters(picks(equal, {{0, 2, 0}, {1, 3, 0}, {2, 2, 0}}, 4)) == "ACAC");
    Scheduler unequal(weighted({5, 3, 2}, Strategy::LeastConnections), 1);
    CHECK(numbers(counts_of(picks(unequal, all_of(3), 10), 3)) == "5 3 2 ");
  }

  TEST_CASE("least_connections fills providers in proportion to their weights") {
    Scheduler scheduler(weighted({5, 3, 2}, Strategy::LeastConnections), 1);
    std::vector<Candidate> candidates = all_of(3);
    for (int i = 0; i < 100; ++i) ++candidates[scheduler.pick(candidates).value()].in_flight;
    CHECK(candidates[0].in_flight == 50);
    CHECK(candidates[1].in_flight == 30);
    CHECK(candidates[2].in_flight == 20);
  }

  TEST_CASE("latency picks the fastest, and explores the others in turn one time in twenty") {
    Scheduler scheduler(weighted({1, 1, 1}, Strategy::Latency), 42);
    const std::vector<Candidate> candidates = {{0, 0, 300}, {1, 0, 100}, {2, 0, 200}};
    const auto counts = counts_of(picks(scheduler, candidates, 20'000), 3);
    CHECK(counts[1] == doctest::Approx(19'000).epsilon(0.01));
    CHECK(counts[0] + counts[2] == doctest::Approx(1'000).epsilon(0.15));
    CHECK(std::abs(counts[0] - counts[2]) <= 1);
  }

  TEST_CASE("latency follows its seed") {
    Scheduler one(weighted({1, 1, 1}, Strategy::Latency), 1);
    Scheduler same(weighted({1, 1, 1}, Strategy::Latency), 1);
    Scheduler other(weighted({1, 1, 1}, Strategy::Latency), 2);
    const std::vector<Candidate> candidates = {{0, 0, 300}, {1, 0, 100}, {2, 0, 200}};
    const auto chosen = picks(one, candidates, 1'000);
    CHECK(chosen == picks(same, candidates, 1'000));
    CHECK(chosen != picks(other, candidates, 1'000));
  }

  TEST_CASE("latency tries each provider that was never measured at once, each once") {
    Scheduler scheduler(weighted({1, 1, 1}, Strategy::Latency), 42);
    const std::vector<Candidate> candidates = {{0, 0, 100}, {1, 0, 0}, {2, 0, 0}};
    CHECK(letters(picks(scheduler, candidates, 2)) == "BC");
  }

  TEST_CASE("latency does not keep coming back to a provider that never answers") {
    Scheduler scheduler(weighted({1, 1}, Strategy::Latency), 42);
    const std::vector<Candidate> candidates = {{0, 0, 100}, {1, 0, 0}};
    const auto counts = counts_of(picks(scheduler, candidates, 20'000), 2);
    CHECK(counts[1] == doctest::Approx(1'000).epsilon(0.15));
  }

  TEST_CASE("latency takes turns by weight while nothing is measured") {
    Scheduler scheduler(weighted({3, 1}, Strategy::Latency), 42);
    CHECK(letters(picks(scheduler, all_of(2), 2)) == "AB");
    CHECK(numbers(counts_of(picks(scheduler, all_of(2), 40), 2)) == "30 10 ");
  }

  TEST_CASE("expiring spends what is lost first, what would be left over before what will be used up, no quota last") {
    const std::optional<WallTime> never;
    struct Row {
      const char* name;
      std::vector<Candidate> candidates;
      const char* want;  // the order in which a failing exchange tries them
    };
    for (const Row& row : {
             Row{"the soonest", {expiring(0, in_seconds(900), 1), expiring(1, in_seconds(600), 0.1)}, "BA"},
             Row{"what is used up anyway", {expiring(0, in_seconds(900), 0.1), expiring(1, in_seconds(600), 0)}, "AB"},
             Row{"the soonest of those", {expiring(0, in_seconds(900), 0), expiring(1, in_seconds(600), 0)}, "BA"},
             Row{"the most in one minute", {expiring(0, in_seconds(1), 0.2), expiring(1, in_seconds(59), 0.3)}, "BA"},
             Row{"in the next minute", {expiring(0, in_seconds(59), 0.2), expiring(1, in_seconds(60), 0.3)}, "AB"},
             Row{"without a quota", {expiring(0, never, 0), expiring(1, in_seconds(600), 0)}, "BA"},
             Row{"no quota, whatever the share", {expiring(0, never, 1), expiring(1, in_seconds(600), 0)}, "BA"},
             Row{"all kinds",
                 {expiring(0, never, 1), expiring(1, in_seconds(60), 0), expiring(2, in_seconds(900), 0.9),
                  expiring(3, in_seconds(300), 0.1), expiring(4, in_seconds(930), 1), expiring(5, in_seconds(130), 0)},
                 "DECBFA"},
         }) {
      CAPTURE(row.name);
      Scheduler scheduler(weighted(std::vector<int>(row.candidates.size(), 1), Strategy::Expiring), 1);
      CHECK(letters(exhaust(scheduler, row.candidates)) == row.want);
      std::vector<Candidate> reversed(row.candidates.rbegin(), row.candidates.rend());
      CHECK(letters(exhaust(scheduler, reversed)) == row.want);
    }
  }

  TEST_CASE("expiring takes weighted turns where the quotas say nothing") {
    Scheduler without(weighted({5, 3, 2}, Strategy::Expiring), 1);
    CHECK(letters(picks(without, all_of(3), 10)) == "ABCAABACBA");
    Scheduler equal(weighted({3, 1, 1}, Strategy::Expiring), 1);
    const std::vector<Candidate> candidates = {expiring(0, in_seconds(60), 0.5), expiring(1, in_seconds(119), 0.5),
                                               expiring(2, in_seconds(120), 0.9)};
    CHECK(numbers(counts_of(picks(equal, candidates, 8), 3)) == "6 2 0 ");
  }

  TEST_CASE("cost prefers the cheapest of a tier, and those of which it is not known come last") {
    Scheduler scheduler(route_of(Strategy::Cost, {{1, 10}, {1, 10}, {1, 10}, {2, 10}, {1, 0}}), 1);
    std::vector<Candidate> candidates = all_of(5);
    candidates[0].cost = 300;
    candidates[2].cost = 200;
    candidates[3].cost = 1;
    candidates[4].cost = 0;
    CHECK(letters(exhaust(scheduler, candidates)) == "CABED");
  }

  TEST_CASE("equally cheap ones take weighted turns") {
    Scheduler scheduler(weighted({3, 1, 1}, Strategy::Cost), 1);
    std::vector<Candidate> candidates = all_of(3);
    for (Candidate& candidate : candidates) candidate.cost = candidate.index < 2 ? 5 : 6;
    CHECK(numbers(counts_of(picks(scheduler, candidates, 8), 3)) == "6 2 0 ");
  }

  TEST_CASE("a client's strategy stands in for the route's") {
    Scheduler scheduler(weighted({5, 3, 2}, Strategy::Weighted), 1);
    std::vector<Candidate> candidates = all_of(3);
    candidates[2].cost = 1;
    CHECK(scheduler.pick(candidates, Strategy::Cost) == 2);
    Scheduler turns(weighted({5, 3, 2}, Strategy::Weighted), 1);
    std::vector<std::size_t> picked;
    for (int i = 0; i < 6; ++i) picked.push_back(*turns.pick(all_of(3), Strategy::RoundRobin));
    CHECK(letters(picked) == "ABCABC");
  }

  TEST_CASE("expiring keeps to the tiers, and weight 0 waits whatever it has to lose") {
    Scheduler scheduler(route_of(Strategy::Expiring, {{2, 10}, {1, 10}, {1, 0}}), 1);
    const std::vector<Candidate> candidates = {expiring(0, in_seconds(60), 1), expiring(1, std::nullopt, 0),
                                               expiring(2, in_seconds(60), 1)};
    CHECK(letters(exhaust(scheduler, candidates)) == "BCA");
  }

  TEST_CASE("peek tells what the next pick gives, and takes nobody's turn, however often it is asked") {
    constexpr Strategy kAll[] = {Strategy::Weighted, Strategy::RoundRobin, Strategy::Random, Strategy::LeastConnections,
                                 Strategy::Latency,  Strategy::Expiring,   Strategy::Cost};
    std::mt19937 random(20261121);
    const auto up_to = [&](int max) { return std::uniform_int_distribution<int>(0, max)(random); };
    for (const Strategy own : kAll) {
      CAPTURE(config::to_string(own));
      for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        std::vector<Tiered> providers;
        for (int i = up_to(7); i >= 0; --i) providers.push_back({up_to(1), up_to(3) == 0 ? 0 : up_to(9)});
        const auto seed = static_cast<std::uint64_t>(round);
        Scheduler looked_at(route_of(own, providers), seed);
        Scheduler left_alone(route_of(own, providers), seed);
        for (int turn = 0; turn < 100; ++turn) {
          std::vector<Candidate> candidates;
          for (std::size_t i = 0; i < providers.size(); ++i) {
            if (up_to(5) == 0) continue;
            candidates.push_back({i, up_to(3), up_to(2) * 50.0});
            if (up_to(1) == 0) candidates.back().cost = up_to(3);
            if (up_to(1) == 0) continue;
            candidates.back().quota_expires = in_seconds(up_to(200));
            candidates.back().quota_unused_share = up_to(2) * 0.5;
          }
          const Strategy strategy = up_to(2) == 0 ? kAll[up_to(6)] : own;
          const auto peeked = looked_at.peek(candidates, strategy);
          for (int i = up_to(30); i > 0; --i) {
            REQUIRE(looked_at.peek(candidates, strategy) == peeked);
            looked_at.peek(all_of(providers.size()), kAll[up_to(6)]);
          }
          REQUIRE(looked_at.pick(candidates, strategy) == peeked);
          REQUIRE(left_alone.pick(candidates, strategy) == peeked);
        }
      }
    }
  }

  TEST_CASE("peeking while others pick changes no share") {
    Scheduler scheduler(weighted({5, 3, 2}), 1);
    std::vector<std::vector<std::size_t>> chosen(3);
    std::vector<std::thread> threads;
    for (std::vector<std::size_t>& own : chosen) {
      threads.emplace_back([&scheduler, &own] {
        for (int i = 0; i < 2'000; ++i) {
          scheduler.peek(all_of(3), Strategy::Weighted);
          own.push_back(scheduler.pick(all_of(3)).value());
          scheduler.peek(all_of(2), Strategy::Random);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<int> total(3);
    for (const auto& own : chosen) {
      for (const std::size_t index : own) ++total[index];
    }
    CHECK(numbers(total) == "3000 1800 1200 ");
  }

  TEST_CASE("nobody to peek at is nobody") {
    const Scheduler scheduler(weighted({1, 2}), 1);
    CHECK_FALSE(scheduler.peek({}, Strategy::Weighted).has_value());
  }
}

}  // namespace
}  // namespace aigw::routing
