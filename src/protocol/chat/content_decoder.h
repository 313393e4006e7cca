// The content of a Chat client's message: a string or parts (protocols.md §3.2, §3.3, §3.10).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Which parts a message may have.
enum class PartSet {
  Text,     // instructions
  Media,    // text, images, files, sounds
  Refusal,  // text and refusals
};

// The parts of the member `content` of `message`, none where it is absent or null. `path` is that of the message,
// `messages[2]`, for rejections.
std::vector<canonical::Part> decode_content(const Json& message, PartSet allowed, const std::string& path,
                                            canonical::Notes& notes);

// The mark for a prompt cache on a part, a message or a tool, in either vendor's form.
std::optional<canonical::CacheMark> decode_mark(const Json& object);

}  // namespace aigw::protocol::chat
