// Tools and the choice among them for a Chat provider (protocols.md §5.3, §10.1).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Sets `tools`, `tool_choice` and `parallel_tool_calls` of `body`, none of them where there are no tools. Custom tools
// that become functions are listed in the rules by the client's own names.
void encode_tools(const canonical::Request& request, const Target& target, canonical::ReplyRules& rules,
                  canonical::Notes& notes, Json& body);

}  // namespace aigw::protocol::chat
