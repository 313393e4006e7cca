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

template <typename Keep>
std::vector<Candidate> only(const std::vector<Candidate>& candidates, Keep keep) {
  std::vector<Candidate> kept;
  kept.reserve(candidates.size());
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(kept), keep);
  return kept;
}

}  // namespace

Scheduler::Scheduler(const config::Route& route, std::uint64_t seed)
    : strategy_(route.strategy),
      entries_([&] {
        std::vector<Entry> entries;
        for (const config::Provider& provider : route.providers) {
          const bool spare = provider.weight <= 0;
          const bool equal = spare || strategy_ == config::Strategy::RoundRobin;
          entries.push_back({provider.priority, spare, equal ? 1 : provider.weight});
        }
        return entries;
      }()),
      turns_(Turns{std::vector<std::int64_t>(entries_.size()), std::vector<bool>(entries_.size()), seed}) {}

std::optional<std::size_t> Scheduler::pick(const std::vector<Candidate>& candidates) {
  const std::vector<Candidate> tier = best_tier(candidates);
  if (tier.empty()) return std::nullopt;
  return turns_.with([&](Turns& turns) {
    switch (strategy_) {
      case config::Strategy::Random: return by_chance(tier, turns);
      case config::Strategy::LeastConnections: return by_connections(tier, turns);
      case config::Strategy::Latency: return by_latency(tier, turns);
      case config::Strategy::Expiring: return by_expiry(tier, turns);
      case config::Strategy::Weighted:
      case config::Strategy::RoundRobin: break;
    }
    return by_turns(tier, turns);
  });
}

// The candidates of the smallest priority, without the spare ones if there are others.
std::vector<Candidate> Scheduler::best_tier(const std::vector<Candidate>& candidates) const {
  int priority = std::numeric_limits<int>::max();
  bool spare = true;
  for (const Candidate& candidate : candidates) {
    const Entry& entry = entries_[candidate.index];
    if (entry.priority > priority) continue;
    spare = entry.spare && (spare || entry.priority < priority);
    priority = entry.priority;
  }
  return only(candidates, [&](const Candidate& candidate) {
    const Entry& entry = entries_[candidate.index];
    return entry.priority == priority && entry.spare == spare;
  });
}

// Smooth weighted round-robin as in nginx (ngx_http_upstream_round_robin.c): everyone is credited his share, the
// richest is chosen and pays for all. Who is no candidate neither earns nor pays, so a failed attempt's turn is not
// made up for later. |credit| stays within (providers * sum of shares), far inside 64 bits.
std::size_t Scheduler::by_turns(const std::vector<Candidate>& tier, Turns& turns) const {
  std::int64_t total = 0;
  std::size_t richest = tier.front().index;
  for (const Candidate& candidate : tier) {
    const std::int64_t share = entries_[candidate.index].share;
    total += share;
    turns.credit[candidate.index] += share;
    if (turns.credit[candidate.index] > turns.credit[richest]) richest = candidate.index;
  }
  turns.credit[richest] -= total;
  return richest;
}

std::size_t Scheduler::by_chance(const std::vector<Candidate>& tier, Turns& turns) const {
  std::uint64_t total = 0;
  for (const Candidate& candidate : tier) total += static_cast<std::uint64_t>(entries_[candidate.index].share);
  std::uint64_t ticket = next_random(turns.random) % total;
  for (const Candidate& candidate : tier) {
    const auto share = static_cast<std::uint64_t>(entries_[candidate.index].share);
    if (ticket < share) return candidate.index;
    ticket -= share;
  }
  return tier.back().index;
}

std::size_t Scheduler::by_connections(const std::vector<Candidate>& tier, Turns& turns) const {
  // a/b < c/d as a*d < c*b: exact, and no product of two ints overflows 64 bits.
  const auto less_loaded = [&](const Candidate& a, const Candidate& b) {
    return a.in_flight * entries_[b.index].share < b.in_flight * entries_[a.index].share;
  };
  const Candidate& least = *std::min_element(tier.begin(), tier.end(), less_loaded);
  return by_turns(only(tier, [&](const Candidate& candidate) { return !less_loaded(least, candidate); }), turns);
}

std::size_t Scheduler::by_latency(const std::vector<Candidate>& tier, Turns& turns) const {
  const auto measured = only(tier, [](const Candidate& candidate) { return candidate.latency_ms > 0; });
  const auto fresh = only(tier, [&](const Candidate& candidate) {
    return candidate.latency_ms <= 0 && !turns.explored[candidate.index];
  });
  std::size_t chosen = 0;
  if (!fresh.empty()) {
    chosen = by_turns(fresh, turns);
  } else if (measured.empty()) {
    chosen = by_turns(tier, turns);
  } else {
    chosen = std::min_element(measured.begin(), measured.end(), [](const Candidate& a, const Candidate& b) {
               return a.latency_ms < b.latency_ms;
             })->index;
    const auto others = only(tier, [&](const Candidate& candidate) { return candidate.index != chosen; });
    const bool explore = next_random(turns.random) % kExploreOneIn == 0;
    if (explore && !others.empty()) chosen = by_turns(others, turns);
  }
  turns.explored[chosen] = true;
  return chosen;
}

std::size_t Scheduler::by_expiry(const std::vector<Candidate>& tier, Turns& turns) const {
  // Smaller comes first: something will be left over, it will be used up anyway, it has no quota.
  const auto need = [](const Candidate& candidate) {
    if (!candidate.quota_expires) return 2;
    return candidate.quota_unused_share > 0 ? 0 : 1;
  };
  const auto goes_before = [&](const Candidate& a, const Candidate& b) {
    if (need(a) != need(b)) return need(a) < need(b);
    if (!a.quota_expires) return false;
    const auto a_minute = std::chrono::floor<std::chrono::minutes>(*a.quota_expires);
    const auto b_minute = std::chrono::floor<std::chrono::minutes>(*b.quota_expires);
    if (a_minute != b_minute) return a_minute < b_minute;
    return a.quota_unused_share > b.quota_unused_share;
  };
  const Candidate& first = *std::min_element(tier.begin(), tier.end(), goes_before);
  return by_turns(only(tier, [&](const Candidate& candidate) { return !goes_before(first, candidate); }), turns);
}

}  // namespace aigw::routing
