// What a Messages client says of the conversation: system blocks and messages (protocols.md §5.1, §5.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// Refuses the request for what stands at `path`, which the sentence names: Messages' errors have no `param`.
void refuse(canonical::Notes& notes, const std::string& path, std::string_view why);

// Appends the instructions, as one message. The bookkeeping that some clients put there, different in each request, is
// left out.
void decode_system(const Json& system, std::vector<canonical::Message>& messages, canonical::Notes& notes);

// Appends the messages. A user message with results of tools becomes a Tool message and a User message behind it.
void decode_messages(const Json& list, std::vector<canonical::Message>& messages, canonical::Notes& notes);

// The member `cache_control` of a block or a tool.
std::optional<canonical::CacheMark> cache_mark_of(const Json& block);

}  // namespace aigw::protocol::messages
