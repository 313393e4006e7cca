// The one or two counters that an exchange is held against: its provider entry's and, if that has a quota, its
// account's. Each step locks both, own before account, so that it happens in both or in neither.
//
// A value that shares the counters; copies may live in any thread. The `Resets` of each call are for the caller to
// report afterwards.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "usage/counter.h"
#include "usage/record.h"

namespace aigw::usage {

class Quotas {
 public:
  // `account` may be null.
  Quotas(std::shared_ptr<Counter> own, std::shared_ptr<Counter> account)
      : own_(std::move(own)), account_(std::move(account)) {}

  // When a new exchange may have room again; nothing if it has now. As Meter::full_until.
  std::optional<WallTime> full_until(WallTime now, Resets& resets) const;

  // False, and nothing held, if one has no room. `tokens` >= 0.
  bool reserve(std::int64_t tokens, WallTime now, Resets& resets) const;
  void give_back(std::int64_t tokens) const;
  // Turns what reserve() held into use, in the period of `now`. The record for the journal borrows from the counters
  // and from `used`.
  Record settle(std::int64_t reserved_tokens, const Used& used, WallTime now, Resets& resets) const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  std::pair<Lock, Lock> lock() const;

  // With both locked.
  template <typename Use>
  void for_each(Use use) const;

  std::shared_ptr<Counter> own_;
  std::shared_ptr<Counter> account_;
};

}  // namespace aigw::usage
