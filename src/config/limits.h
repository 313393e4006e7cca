// How fast something may be used (`"limits": {...}` at a key, an owner, a provider, an account, and in `_global`).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace aigw::config {

// Any 60 seconds hold at most so much. What is not given is not limited.
struct Limits {
  std::optional<std::int64_t> requests_per_minute;  // 1..1000000000
  std::optional<std::int64_t> tokens_per_minute;    // prompt and completion together, 1..1000000000000
  std::optional<std::int64_t> max_concurrent;       // requests in flight, 1..1000000
  bool queue = false;                               // who finds no room waits for it, instead of going without
  Millis queue_timeout{30'000};                     // at most so long; more than 0, up to an hour

  bool none() const { return !requests_per_minute && !tokens_per_minute && !max_concurrent; }
  bool operator==(const Limits&) const = default;
};

}  // namespace aigw::config
