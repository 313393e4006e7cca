// Members of a Chat message that streams and whole answers write alike (protocols.md §3.6, §6).
#pragma once

#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// An element of `thinking_blocks`: Anthropic's own verbatim, another vendor's with its proof in an envelope.
// Precondition: there is a proof.
Json thinking_block(std::string_view text, const canonical::ReasoningEnd& end);

// An element of `tool_calls`, its arguments empty. An id is made up where the provider gave none.
Json call_object(const canonical::CallBegin& call);

}  // namespace aigw::protocol::chat
