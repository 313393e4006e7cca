// Counts of tokens as Responses write them (protocols.md §3.9).
#pragma once

#include <optional>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

Json usage_object(const canonical::Usage& usage);

// The `usage` of a response; a missing count is 0. Nothing if it has none.
std::optional<canonical::Usage> usage_of(const Json& response);

}  // namespace aigw::protocol::responses
