// Chooses the provider for an attempt: the smallest priority that has a candidate, then by the route's strategy.
//
// One scheduler serves the first pick and every later one of an exchange: what was tried is simply no candidate
// any more, so a tier is finished by weight before the next one begins. Thread-safe; one object per route, kept
// over reloads as long as the route's providers, priorities, weights and strategy stay the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/money.h"
#include "config/config.h"

namespace aigw::routing {

// A provider that may be chosen now.
struct Candidate {
  std::size_t index = 0;       // its place in Route::providers
  int in_flight = 0;           // attempts running at it, >= 0; for least_connections
  double latency_ms = 0;       // moving average of the time to its first token, for latency; 0: never measured
  // For expiring, both by the forecast: when what is unused of its quota is lost, nothing if it has no quota; and the
  // share of it that will be unused then, 0..1.
  std::optional<WallTime> quota_expires = std::nullopt;
  double quota_unused_share = 0;
  std::optional<NanoDollars> cost = std::nullopt;  // for cost: what this exchange is expected to cost; nothing: unknown
};

class Scheduler {
 public:
  // Copies what it needs of `route`. Equal seeds give equal choices, for `random` and `latency`.
  explicit Scheduler(const config::Route& route, std::uint64_t seed);

  // The candidate to try, as an index into Route::providers; nothing if there is no candidate.
  // Precondition: each index stands in the route, and at most once among the candidates.
  //
  // weighted: smooth weighted round-robin, so weights 5, 3, 2 give exactly 5, 3, 2 in every 10 without bursts as long
  //   as all are candidates.
  // round_robin: the same with equal weights.
  // random: by chance, in proportion to the weights.
  // least_connections: fewest in_flight per weight; ties by weighted round-robin, as in nginx.
  // latency: the lowest average. A provider never measured is tried at once, but only once: one that fails is never
  //   measured and must not come first for ever. One pick in twenty goes to the others in turn.
  // expiring: the quota that is lost first, so that none is wasted. Those of which nothing will be left over at the
  //   present pace come after the others, and those without a quota last. Of quotas lost in the same minute the one
  //   with the largest share to lose. Ties, and those without a quota, by weighted round-robin.
  //   Chosen by a simulation; bench/README.md has the numbers.
  // cost: the cheapest; those of which it is not known come last. Ties by weighted round-robin.
  // With every strategy, weight 0 is chosen only when no other candidate of its tier is left.
  // `strategy`: the route's own, unless the client may choose another one.
  std::optional<std::size_t> pick(const std::vector<Candidate>& candidates, config::Strategy strategy);
  std::optional<std::size_t> pick(const std::vector<Candidate>& candidates) { return pick(candidates, strategy_); }

  // What pick() would give now; nobody's turn is over by it.
  std::optional<std::size_t> peek(const std::vector<Candidate>& candidates, config::Strategy strategy) const;

 private:
  struct Entry {
    int priority;
    int weight;
  };
  struct Contender : Candidate {
    std::int64_t share;  // the weight that counts within the tier, >= 1
  };
  using Tier = std::vector<Contender>;
  struct Turns {
    std::vector<std::int64_t> credit;  // what each provider is owed, in shares; they always add up to 0
    std::vector<bool> explored;        // had its first pick, though it may not be measured yet
    std::uint64_t random;
  };

  std::size_t choose(const Tier& tier, config::Strategy strategy, Turns& turns) const;
  Tier best_tier(const std::vector<Candidate>& candidates, config::Strategy strategy) const;
  std::size_t by_turns(const Tier& tier, Turns& turns) const;
  std::size_t by_chance(const Tier& tier, Turns& turns) const;
  std::size_t by_connections(const Tier& tier, Turns& turns) const;
  std::size_t by_cost(const Tier& tier, Turns& turns) const;
  std::size_t by_expiry(const Tier& tier, Turns& turns) const;
  std::size_t by_latency(const Tier& tier, Turns& turns) const;

  const config::Strategy strategy_;
  const std::vector<Entry> entries_;  // as Route::providers
  Guarded<Turns> turns_;
};

}  // namespace aigw::routing
