// How probable tokens were, as Chat's `logprobs` object (protocols.md §11.3).
#pragma once

#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// Null where `result` tells no token.
Json logprobs(const Json& result);

}  // namespace aigw::protocol::gemini
