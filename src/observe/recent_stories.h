// The stories of the last exchanges, in memory, at most so many and so many bytes of them.
//
// Thread-safe. Writers don't meet: each has a slot of its own, and a lock of that slot alone, which nobody else holds
// but for the copy of a pointer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "observe/story.h"

namespace aigw::observe {

class RecentStories {
 public:
  using Told = std::shared_ptr<const Story>;

  // `count_max` 0: none is kept.
  RecentStories(std::size_t count_max, std::size_t bytes_max);

  void add(Told story);

  // Calls `look` with each story that is kept, the newest first, until it returns false.
  void newest_first(const std::function<bool(const Told&)>& look) const;
  // The newest one with this id; null if there is none.
  Told find(std::string_view id) const;

  // How many were ever added: what comes later has a place from this one on.
  std::uint64_t end() const { return next_; }
  // The stories from a place on, as far as they are kept, the oldest first, at most the `count_max` newest. `from` becomes
  // the place behind them.
  std::vector<Told> since(std::uint64_t& from, std::size_t count_max) const;

  std::size_t count_max() const { return slots_.size(); }

 private:
  struct Entry {
    std::uint64_t place = 0;
    std::size_t bytes = 0;
    Told story;
  };
  using Slot = Guarded<Entry>;

  Told at(std::uint64_t place) const;
  void make_room();
  void clear(std::uint64_t place);

  const std::size_t bytes_max_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> oldest_{0};  // places before it were given up for want of bytes
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace aigw::observe
