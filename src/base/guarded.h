// Data together with the mutex that guards it; no reference to the data escapes.
#pragma once

#include <mutex>
#include <utility>

namespace aigw {

template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Runs `use(T&)` under the lock and returns what it returns. `use` must not block or call out.
  template <typename Use>
  auto with(Use&& use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <typename Use>
  auto with(Use&& use) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace aigw
