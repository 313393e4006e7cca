// Anthropic takes so many marks for its prompt cache in one request (protocols.md §3.10).
#pragma once

#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// Takes `cache_control` off blocks until 4 are left. Those in `tools` and `system` stay first, then the latest in
// `messages`: the longest prefixes are the ones worth keeping.
void limit_cache_marks(Json& body);

}  // namespace aigw::protocol::messages
