// The tools of a request for a provider (protocols.md §10.3).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// Puts `tools`, `tool_choice` and `parallel_tool_calls` into `body`; the last two only where there are tools.
void encode_tools(const canonical::Request& request, const config::ConversionSettings& settings, Json& body,
                  canonical::Notes& notes);

}  // namespace aigw::protocol::responses
