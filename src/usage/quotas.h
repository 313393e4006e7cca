// The counters that an exchange is held against. Each step locks all of them, in their order, so that it happens in all
// or in none.
//
// A value that shares the counters; copies may live in any thread. The `Resets` of each call are for the caller to
// report afterwards.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "usage/counter.h"
#include "usage/record.h"

namespace aigw::usage {

class Quotas {
 public:
  // None of them null; in the same order wherever two of them come together.
  explicit Quotas(std::vector<std::shared_ptr<Counter>> counters) : counters_(std::move(counters)) {}

  // When a new exchange may have room again; nothing if it has now. As Meter::full_until.
  std::optional<WallTime> full_until(WallTime now, Resets& resets) const;

  // False, and nothing held, if one has no room.
  bool reserve(const Estimate& estimate, WallTime now, Resets& resets) const;
  void give_back(const Estimate& estimate) const;
  // Turns what reserve() held into use, in the period of `now`. Adds the marks for the journal, which borrow from the
  // counters.
  void settle(const Estimate& reserved, const Used& used, WallTime now, std::vector<Mark>& marks, Resets& resets) const;

 private:
  std::vector<std::unique_lock<std::mutex>> lock() const;

  std::vector<std::shared_ptr<Counter>> counters_;
};

// What a provider reports is not trusted to be sane: each count within 0..1,000,000,000, costs within 0..10,000
// dollars, and what the cache gave within the prompt. A key without a name is `-`.
Used sane(Used used);
Estimate sane(const Estimate& estimate);

}  // namespace aigw::usage
