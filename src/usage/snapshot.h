// One counter as its file holds it: `data/usage/<model>/<provider>.json`, readable JSON of version 1. The fields of its
// first window stand at the top, those of further windows in `other_windows`.
//
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "usage/counts.h"
#include "usage/hours.h"

namespace aigw::usage {

struct Snapshot {
  std::string model;                 // kAccounts for an account
  std::string provider;
  std::vector<WindowState> windows;  // at least one; without limits, which are the config's
  Counts total;
  std::vector<HourTotal> hours;
  std::uint64_t sequence = 0;        // the last journal record of this counter that is included
};

std::string format_snapshot(const Snapshot& snapshot);

// Errors Invalid: no JSON, another version, a field that is missing, of another type or out of range
// (counts: 0..10^17). Fields that it doesn't know are skipped.
Result<Snapshot> parse_snapshot(std::string_view text);

}  // namespace aigw::usage
