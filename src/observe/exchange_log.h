// The log line of an exchange, made of its story.
//
// From any thread.
#pragma once

#include <string_view>

#include "config/config.h"
#include "observe/story.h"

namespace aigw::observe {

// Writes the line `Exchange`: of each exchange that failed, and of the others as `log_requests` and `log_sample` say.
void log_exchange(const Story& story, const config::Global& config);

// Whether the exchange with this id is among the `share` (0..1) of which lines are written. The same for all lines of
// an exchange.
bool sampled(std::string_view id, double share);

}  // namespace aigw::observe
