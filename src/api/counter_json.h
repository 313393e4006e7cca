// Counters as /admin shows them. Times are local (base/timestamp.h).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "usage/meter.h"

namespace aigw::api {

// What was used, reserved and is left, of a provider's entry and of its account: an entry of /admin/stats. The counts at
// the top are those of the first window.
nlohmann::ordered_json counter_json(const usage::Meter& meter, const std::string& account, WallTime now);

// Sums of what was used, and of what is held: of the first window, and over the counter's life.
nlohmann::ordered_json use_json(const usage::CounterState& state);

// The windows of a quota, with what is left of each; null without one.
nlohmann::ordered_json quota_json(const usage::CounterState& state, WallTime now);

}  // namespace aigw::api
