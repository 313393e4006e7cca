// How much may run at once: places for exchanges, for those of them that wait in a line, and for their streams; and
// whether new ones are let in at all.
//
// All functions may be called from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace aigw::gateway {

// A place among those that are counted; freed when destroyed. The counter outlives it.
class Place {
 public:
  // Nothing if there are `most` already.
  static std::optional<Place> take(std::atomic<int>& taken, int most) {
    if (++taken <= most) return Place(taken);
    --taken;
    return std::nullopt;
  }

  Place(Place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~Place() {
    if (taken_ != nullptr) --*taken_;
  }

 private:
  explicit Place(std::atomic<int>& taken) : taken_(&taken) {}

  std::atomic<int>* taken_;
};

class Gate {
 public:
  // At most half of the exchanges may wait in a line.
  explicit Gate(int exchanges_max) : exchanges_max_(exchanges_max), queued_max_(std::max(1, exchanges_max / 2)) {}

  // Nothing when as many exchanges run as may.
  std::optional<Place> enter() { return Place::take(exchanges_, exchanges_max_); }
  int exchanges() const { return exchanges_; }
  int exchanges_max() const { return exchanges_max_; }

  // Of an exchange, for as long as it waits for room under a limit. Nothing when as many wait as may.
  std::optional<Place> enter_queue() { return Place::take(queued_, queued_max_); }
  int queued() const { return queued_; }
  bool queue_is_full() const { return queued_ >= queued_max_; }

  // Of an exchange that streams its answer: for those who look at the gateway.
  std::optional<Place> enter_stream() { return Place::take(streams_, exchanges_max_); }
  int streams() const { return streams_; }

  // From now on no exchange is to enter; those in flight go on.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  const int exchanges_max_;
  const int queued_max_;
  std::atomic<int> exchanges_{0};
  std::atomic<int> queued_{0};
  std::atomic<int> streams_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace aigw::gateway
