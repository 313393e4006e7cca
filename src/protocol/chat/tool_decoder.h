// The tools of a Chat client and its wish which of them to call (protocols.md §4.4).
#pragma once

#include "protocol/canonical/request.h"
#include "protocol/request_fields.h"

namespace aigw::protocol::chat {

// Reads tools, tool_choice, parallel_tool_calls, and the legacy functions and function_call.
void decode_tools(RequestFields& fields, canonical::Request& request);

}  // namespace aigw::protocol::chat
