// Tools and the choice among them, in the words of Messages (protocols.md §4.4).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_box.h"

namespace aigw::protocol::messages {

struct ToolSet {
  JsonBox list;             // the member `tools`; empty: there are none
  JsonBox choice;           // the member `tool_choice`; empty: not sent
  bool only_named = false;  // the client has no tools: `list` defines those of the history, if any
};

// The tools that the model may call. Notes the custom ones among them in `rules`.
ToolSet encode_tools(const canonical::Request& request, const Target& target, canonical::ReplyRules& rules,
                     canonical::Notes& notes);

// Whether the model must call a tool.
bool forces_call(const ToolSet& tools);

}  // namespace aigw::protocol::messages
