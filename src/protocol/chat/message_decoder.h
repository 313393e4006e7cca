// The `messages` of a Chat client (protocols.md §4.2, §4.3, §3.10).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// `messages`: the member, null if there is none, which is rejected as an empty one is.
void decode_messages(const Json* messages, canonical::Request& request, canonical::Notes& notes);

}  // namespace aigw::protocol::chat
