// The `messages` for a Chat provider (protocols.md §5.2, §10.2).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Precondition: the turns are in Chat's order (canonical/turns.h).
Json encode_messages(const canonical::Request& request, const Target& target, canonical::Notes& notes);

}  // namespace aigw::protocol::chat
