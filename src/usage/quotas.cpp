#include "usage/quotas.h"

#include <algorithm>

namespace aigw::usage {
namespace {

// Beyond these no sum of ours could stay exact: files hold up to kCountMax, so that many thousand absurd ones add up.
constexpr std::int64_t kTokensMax = 1'000'000'000;
constexpr NanoDollars kCostMax = 10'000 * kDollar;

std::int64_t within(std::int64_t value, std::int64_t max) { return std::clamp<std::int64_t>(value, 0, max); }

}  // namespace

std::vector<std::unique_lock<std::mutex>> Quotas::lock() const {
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(counters_.size());
  for (const auto& counter : counters_) locks.emplace_back(counter->mutex_);
  return locks;
}

std::optional<WallTime> Quotas::full_until(WallTime now, Resets& resets) const {
  std::optional<WallTime> latest;
  const auto locks = lock();
  for (const auto& counter : counters_) {
    counter->roll(now, resets);
    if (const auto until = counter->full_until(now)) latest = std::max(latest.value_or(now), *until);
  }
  return latest;
}

bool Quotas::reserve(const Estimate& estimate, WallTime now, Resets& resets) const {
  const auto locks = lock();
  bool full = false;
  for (const auto& counter : counters_) {
    counter->roll(now, resets);
    full = full || counter->full();
  }
  if (full) return false;
  for (const auto& counter : counters_) counter->reserve(estimate, now);
  return true;
}

void Quotas::give_back(const Estimate& estimate) const {
  const auto locks = lock();
  for (const auto& counter : counters_) counter->give_back(estimate);
}

void Quotas::settle(const Estimate& reserved, const Used& used, WallTime now, std::vector<Mark>& marks,
                    Resets& resets) const {
  const auto locks = lock();
  for (const auto& counter : counters_) counter->roll(now, resets);
  for (const auto& counter : counters_) marks.push_back(counter->settle(reserved, used, now));
}

Used sane(Used used) {
  if (used.key.empty()) used.key = "-";  // as the journal has it: a balance numbers its charges by key
  used.prompt_tokens = within(used.prompt_tokens, kTokensMax);
  used.completion_tokens = within(used.completion_tokens, kTokensMax);
  used.cached_tokens = within(used.cached_tokens, used.prompt_tokens);
  used.cost = within(used.cost, kCostMax);
  used.charge = within(used.charge, kCostMax);
  return used;
}

Estimate sane(const Estimate& estimate) {
  return {within(estimate.tokens, kTokensMax), within(estimate.cost, kCostMax)};
}

}  // namespace aigw::usage
