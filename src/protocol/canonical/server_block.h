// Blocks of tools that ran at Anthropic, told in text to a provider that does not know them (protocols.md §5.2).
#pragma once

#include <string>

#include "protocol/json_tree.h"

namespace aigw::protocol::canonical {

// A line like `[web search: Title (https://…); …]` between line ends for a block with a result, "" for one with a call.
std::string server_block_text(const Json& block);

}  // namespace aigw::protocol::canonical
