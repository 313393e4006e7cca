// A conversation as the blocks of a Messages request (protocols.md §3.3, §4.2, §4.3).
#pragma once

#include <vector>

#include "base/dialect.h"
#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The blocks of `system`: all system messages before the first other one. An array.
Json system_blocks(const std::vector<canonical::Message>& messages);

// The member `messages`: what follows them. `client` names the field in a rejection. The turns fit (canonical/turns.h);
// their text and data are moved away.
Json message_list(std::vector<canonical::Message>& messages, Dialect client, const config::Capabilities& can,
                  canonical::Notes& notes);

// A block of text.
Json text_block(std::string text);

// Blocks in the shortest form: one block of text without any mark is a string.
Json as_content(Json blocks);

// The member `cache_control`.
Json cache_control(const canonical::CacheMark& mark);

}  // namespace aigw::protocol::messages
