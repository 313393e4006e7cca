// What the system says of this process.
//
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace aigw::observe {

struct ProcessStats {
  std::chrono::nanoseconds cpu{0};      // user and system
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
  std::int64_t open_fds = 0;
  std::int64_t max_fds = 0;
  WallTime started;                     // to a hundredth of a second
};

// What can't be read stays 0. Reads /proc: some 20 µs, more with many open files.
ProcessStats process_stats();

}  // namespace aigw::observe
