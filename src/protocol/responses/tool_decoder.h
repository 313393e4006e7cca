// The tools of a client's request (protocols.md §10.1).
#pragma once

#include <string>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// Adds to the request's tools. `path` is that of the list. Tools that run at the vendor have their type as name.
void decode_tool_list(const Json& list, const std::string& path, canonical::Request& request, canonical::Notes& notes);

// Precondition: all tools are decoded.
void decode_tool_choice(const Json& choice, canonical::Request& request, canonical::Notes& notes);

}  // namespace aigw::protocol::responses
