// The turns of a conversation as Gemini's `contents` and `systemInstruction` (protocols.md §11.1).
#pragma once

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// Parts of `systemInstruction`, one for each text; may be empty.
Json system_parts(const canonical::Request& request);

// Precondition: the turns are in Gemini's order (canonical/turns.h).
Json contents(const canonical::Request& request, const config::Capabilities& can, canonical::Notes& notes);

}  // namespace aigw::protocol::gemini
