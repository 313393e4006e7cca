#include "usage/quotas.h"

#include <algorithm>

namespace aigw::usage {
namespace {

// What a provider reports is not trusted to be sane: beyond this no sum of ours could stay exact.
constexpr std::int64_t kTokensMax = 1'000'000'000;

std::int64_t sane(std::int64_t tokens) { return std::clamp<std::int64_t>(tokens, 0, kTokensMax); }

}  // namespace

std::pair<Quotas::Lock, Quotas::Lock> Quotas::lock() const {
  Lock own(own_->mutex_);
  return {std::move(own), account_ != nullptr ? Lock(account_->mutex_) : Lock()};
}

template <typename Use>
void Quotas::for_each(Use use) const {
  use(*own_);
  if (account_ != nullptr) use(*account_);
}

std::optional<WallTime> Quotas::full_until(WallTime now, Resets& resets) const {
  std::optional<WallTime> latest;
  const auto locked = lock();
  for_each([&](Counter& counter) {
    counter.roll(now, resets);
    if (const auto until = counter.full_until(now)) latest = std::max(latest.value_or(now), *until);
  });
  return latest;
}

bool Quotas::reserve(std::int64_t tokens, WallTime now, Resets& resets) const {
  const auto locked = lock();
  bool full = false;
  for_each([&](Counter& counter) {
    counter.roll(now, resets);
    full = full || counter.full();
  });
  if (full) return false;
  for_each([&](Counter& counter) { counter.reserve(sane(tokens), now); });
  return true;
}

void Quotas::give_back(std::int64_t tokens) const {
  const auto locked = lock();
  for_each([&](Counter& counter) { counter.give_back(sane(tokens)); });
}

Record Quotas::settle(std::int64_t reserved_tokens, const Used& used, WallTime now, Resets& resets) const {
  Record record{now, used, {}, {}};
  record.used.prompt_tokens = sane(used.prompt_tokens);
  record.used.completion_tokens = sane(used.completion_tokens);
  const auto locked = lock();
  for_each([&](Counter& counter) { counter.roll(now, resets); });
  record.own = own_->settle(sane(reserved_tokens), record.used, now);
  if (account_ != nullptr) record.account = account_->settle(sane(reserved_tokens), record.used, now);
  return record;
}

}  // namespace aigw::usage
