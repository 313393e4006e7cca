// The `usage` object of Chat and Completions (protocols.md §3.9).
#pragma once

#include <optional>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Nothing where `value` is no object. A count that is missing, negative or no integer is 0.
std::optional<canonical::Usage> read_usage(const Json& value);

Json write_usage(const canonical::Usage& usage);

}  // namespace aigw::protocol::chat
