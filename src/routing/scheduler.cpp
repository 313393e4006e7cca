#include "routing/scheduler.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace aigw::routing {
namespace {

constexpr std::uint64_t kExploreOneIn = 20;

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): eight bytes of state, and
// the same numbers with every standard library.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

template <typename Candidates, typename Keep>
Candidates only(const Candidates& candidates, Keep keep) {
  Candidates kept;
  kept.reserve(candidates.size());
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(kept), keep);
  return kept;
}

}  // namespace

Scheduler::Scheduler(const config::Route& route, std::uint64_t seed)
    : strategy_(route.strategy),
      entries_([&] {
        std::vector<Entry> entries;
        for (const config::Provider& provider : route.providers) entries.push_back({provider.priority, provider.weight});
        return entries;
      }()),
      turns_(Turns{std::vector<std::int64_t>(entries_.size()), std::vector<bool>(entries_.size()), seed}) {}

std::optional<std::size_t> Scheduler::pick(const std::vector<Candidate>& candidates, config::Strategy strategy) {
  const Tier tier = best_tier(candidates, strategy);
  if (tier.empty()) return std::nullopt;
  return turns_.with([&](Turns& turns) { return choose(tier, strategy, turns); });
}

std::optional<std::size_t> Scheduler::peek(const std::vector<Candidate>& candidates, config::Strategy strategy) const {
  const Tier tier = best_tier(candidates, strategy);
  if (tier.empty()) return std::nullopt;
  Turns copy = turns_.with([](const Turns& turns) { return turns; });
  return choose(tier, strategy, copy);
}

std::size_t Scheduler::choose(const Tier& tier, config::Strategy strategy, Turns& turns) const {
  switch (strategy) {
    case config::Strategy::Random: return by_chance(tier, turns);
    case config::Strategy::LeastConnections: return by_connections(tier, turns);
    case config::Strategy::Latency: return by_latency(tier, turns);
    case config::Strategy::Expiring: return by_expiry(tier, turns);
    case config::Strategy::Cost: return by_cost(tier, turns);
    case config::Strategy::Weighted:
    case config::Strategy::RoundRobin: break;
  }
  return by_turns(tier, turns);
}

// The candidates of the smallest priority, without the spare ones (weight 0) if there are others.
Scheduler::Tier Scheduler::best_tier(const std::vector<Candidate>& candidates, config::Strategy strategy) const {
  int priority = std::numeric_limits<int>::max();
  bool spare = true;
  for (const Candidate& candidate : candidates) {
    const Entry& entry = entries_[candidate.index];
    if (entry.priority > priority) continue;
    spare = entry.weight <= 0 && (spare || entry.priority < priority);
    priority = entry.priority;
  }
  const bool equal = spare || strategy == config::Strategy::RoundRobin;
  Tier tier;
  tier.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    const Entry& entry = entries_[candidate.index];
    if (entry.priority != priority || (entry.weight <= 0) != spare) continue;
    tier.push_back({candidate, equal ? 1 : entry.weight});
  }
  return tier;
}

// Smooth weighted round-robin as in nginx (ngx_http_upstream_round_robin.c): everyone is credited his share, the
// richest is chosen and pays for all. Who is no candidate neither earns nor pays, so a failed attempt's turn is not
// made up for later. |credit| stays within (providers * sum of shares), far inside 64 bits.
std::size_t Scheduler::by_turns(const Tier& tier, Turns& turns) const {
  std::int64_t total = 0;
  std::size_t richest = tier.front().index;
  for (const Contender& candidate : tier) {
    const std::int64_t share = candidate.share;
    total += share;
    turns.credit[candidate.index] += share;
    if (turns.credit[candidate.index] > turns.credit[richest]) richest = candidate.index;
  }
  turns.credit[richest] -= total;
  return richest;
}

std::size_t Scheduler::by_chance(const Tier& tier, Turns& turns) const {
  std::uint64_t total = 0;
  for (const Contender& candidate : tier) total += static_cast<std::uint64_t>(candidate.share);
  std::uint64_t ticket = next_random(turns.random) % total;
  for (const Contender& candidate : tier) {
    const auto share = static_cast<std::uint64_t>(candidate.share);
    if (ticket < share) return candidate.index;
    ticket -= share;
  }
  return tier.back().index;
}

std::size_t Scheduler::by_connections(const Tier& tier, Turns& turns) const {
  // a/b < c/d as a*d < c*b: exact, and no product of two ints overflows 64 bits.
  const auto less_loaded = [&](const Contender& a, const Contender& b) {
    return a.in_flight * b.share < b.in_flight * a.share;
  };
  const Contender& least = *std::min_element(tier.begin(), tier.end(), less_loaded);
  return by_turns(only(tier, [&](const Contender& candidate) { return !less_loaded(least, candidate); }), turns);
}

std::size_t Scheduler::by_latency(const Tier& tier, Turns& turns) const {
  const auto measured = only(tier, [](const Contender& candidate) { return candidate.latency_ms > 0; });
  const auto fresh = only(tier, [&](const Contender& candidate) {
    return candidate.latency_ms <= 0 && !turns.explored[candidate.index];
  });
  std::size_t chosen = 0;
  if (!fresh.empty()) {
    chosen = by_turns(fresh, turns);
  } else if (measured.empty()) {
    chosen = by_turns(tier, turns);
  } else {
    chosen = std::min_element(measured.begin(), measured.end(), [](const Contender& a, const Contender& b) {
               return a.latency_ms < b.latency_ms;
             })->index;
    const auto others = only(tier, [&](const Contender& candidate) { return candidate.index != chosen; });
    const bool explore = next_random(turns.random) % kExploreOneIn == 0;
    if (explore && !others.empty()) chosen = by_turns(others, turns);
  }
  turns.explored[chosen] = true;
  return chosen;
}

std::size_t Scheduler::by_cost(const Tier& tier, Turns& turns) const {
  const auto goes_before = [](const Contender& a, const Contender& b) {
    return a.cost && (!b.cost || *a.cost < *b.cost);
  };
  const Contender& first = *std::min_element(tier.begin(), tier.end(), goes_before);
  return by_turns(only(tier, [&](const Contender& candidate) { return !goes_before(first, candidate); }), turns);
}

std::size_t Scheduler::by_expiry(const Tier& tier, Turns& turns) const {
  // Smaller comes first: something will be left over, it will be used up anyway, it has no quota.
  const auto need = [](const Contender& candidate) {
    if (!candidate.quota_expires) return 2;
    return candidate.quota_unused_share > 0 ? 0 : 1;
  };
  const auto goes_before = [&](const Contender& a, const Contender& b) {
    if (need(a) != need(b)) return need(a) < need(b);
    if (!a.quota_expires) return false;
    const auto a_minute = std::chrono::floor<std::chrono::minutes>(*a.quota_expires);
    const auto b_minute = std::chrono::floor<std::chrono::minutes>(*b.quota_expires);
    if (a_minute != b_minute) return a_minute < b_minute;
    return a.quota_unused_share > b.quota_unused_share;
  };
  const Contender& first = *std::min_element(tier.begin(), tier.end(), goes_before);
  return by_turns(only(tier, [&](const Contender& candidate) { return !goes_before(first, candidate); }), turns);
}

}  // namespace aigw::routing
