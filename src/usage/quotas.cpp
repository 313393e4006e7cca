#include "usage/quotas.h"

#include <algorithm>
#include <mutex>

namespace aigw::usage {
namespace {

// What a provider reports is not trusted to be sane: beyond this no sum of ours could stay exact.
constexpr std::int64_t kTokensMax = 1'000'000'000'000;

constexpr std::chrono::seconds kHeldFor{1};

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

// Makes due resets; true if one of the counters has no room.
bool Quotas::full(WallTime now, Resets& resets) const {
  bool result = false;
  for_each([&](Counter& counter) {
    counter.roll(now, resets);
    result = result || counter.full();
  });
  return result;
}

std::optional<WallTime> Quotas::full_until(WallTime now, Resets& resets) const {
  std::optional<WallTime> latest;
  const auto locked = lock();
  for_each([&](Counter& counter) {
    counter.roll(now, resets);
    if (!counter.full() || !counter.counts_.next_reset) return;
    // What requests in flight hold comes free, at least in part, when they end: nobody should wait a day for it.
    const WallTime free = counter.used_up() ? *counter.counts_.next_reset : now + kHeldFor;
    latest = std::max(latest.value_or(now), free);
  });
  return latest;
}

bool Quotas::reserve(std::int64_t tokens, WallTime now, Resets& resets) const {
  const auto locked = lock();
  if (full(now, resets)) return false;
  for_each([&](Counter& counter) {
    ++counter.counts_.reserved_requests;
    counter.counts_.reserved_tokens += sane(tokens);
  });
  return true;
}

void Quotas::give_back(std::int64_t tokens) const {
  const auto locked = lock();
  for_each([&](Counter& counter) {
    --counter.counts_.reserved_requests;
    counter.counts_.reserved_tokens -= sane(tokens);
  });
}

Record Quotas::settle(std::int64_t reserved_tokens, const Used& used, WallTime now, Resets& resets) const {
  Record record{now, used, {}, {}};
  record.used.prompt_tokens = sane(used.prompt_tokens);
  record.used.completion_tokens = sane(used.completion_tokens);
  const auto locked = lock();
  for_each([&](Counter& counter) {
    counter.roll(now, resets);
    --counter.counts_.reserved_requests;
    counter.counts_.reserved_tokens -= sane(reserved_tokens);
    counter.add(record.used);
    const Mark mark{++counter.sequence_, counter.period_, counter.saved_, counter.tag_};
    if (&counter == own_.get()) {
      record.own = mark;
    } else {
      record.account = mark;
    }
  });
  return record;
}

}  // namespace aigw::usage
