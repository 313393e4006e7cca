// What counters tell while they work, for the log.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "usage/counts.h"

namespace aigw::usage {

// A window that was reset, or a counter by hand, with what the log line says.
struct Reset {
  std::string model;     // `_providers` for an account
  std::string provider;
  std::string cause;     // the window's period, or `by hand` for the whole counter
  Counts before;         // of the window; by hand: of the first one
};
using Resets = std::vector<Reset>;

using OnReset = std::function<void(const Reset&)>;
using OnWarning = std::function<void(const std::string&)>;  // broken files, disk full: a sentence

}  // namespace aigw::usage
