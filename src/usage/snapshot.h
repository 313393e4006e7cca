// One counter as its file holds it: `data/usage/<model>/<provider>.json`, readable JSON of version 1.
//
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "usage/counters.h"

namespace aigw::usage {

struct Snapshot {
  std::string model;         // kAccounts for an account
  std::string provider;
  CounterState state;        // without limits and reservations: those are the config's and the process's
  std::string period_cron;   // by which next_reset was reckoned; "" without a quota
  std::uint64_t period = 0;  // how many resets came before
  std::uint64_t sequence = 0;  // the last journal record of this counter that is included
};

std::string format_snapshot(const Snapshot& snapshot);

// Errors Invalid: no JSON, another version, a field that is missing, of another type or out of range
// (counts: 0..10^17). Fields that it doesn't know are skipped.
Result<Snapshot> parse_snapshot(std::string_view text);

}  // namespace aigw::usage
