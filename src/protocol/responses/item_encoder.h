// Messages as the items of a provider's `input` (protocols.md §10.3).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// Items in the order of the messages; within a turn of the assistant its calls come last.
Json encode_items(const canonical::Request& request, const Target& target, canonical::Notes& notes);

}  // namespace aigw::protocol::responses
