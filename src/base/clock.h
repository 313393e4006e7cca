// The two clocks of the gateway: wall time for what people read (resets, logs, files), steady time
// for durations and deadlines. Decisions take a time as a value; only the outermost code reads a clock.
#pragma once

#include <chrono>

namespace aigw {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;

inline WallTime wall_now() { return std::chrono::system_clock::now(); }
inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

// One moment on both.
struct Now {
  WallTime wall;
  SteadyTime steady;
};
inline Now read_clocks() { return {wall_now(), steady_now()}; }

inline double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}
inline Millis millis_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<Millis>(duration);
}

}  // namespace aigw
