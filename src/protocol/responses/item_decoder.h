// The items of a client's `input` as messages (protocols.md §10.2).
//
// What the model said in one go (reasoning, text, calls) becomes one message of the assistant, and the results that
// follow one message of the tools. Google's proof of a call, which a response can only carry in an item of reasoning
// before the call (output.h), goes back to the call.
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// Adds to the messages, and to the tools for items that bring some. `input`: a string or an array of items.
void decode_input(const Json& input, canonical::Request& request, canonical::Notes& notes);

}  // namespace aigw::protocol::responses
