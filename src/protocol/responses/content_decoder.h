// The content of a client's items as parts (protocols.md §10.2, §3.3).
#pragma once

#include <string>
#include <vector>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// Which parts a content may have.
enum class PartSet {
  Text,     // of instructions
  Media,    // text, images, files, sounds
  Refusal,  // of the model: text and refusals
};

// A string, or an array of parts. `path` is that of the content, `input[2].content`; anything else is rejected by it.
std::vector<canonical::Part> decode_content(const Json& content, PartSet allowed, const std::string& path,
                                            canonical::Notes& notes);

}  // namespace aigw::protocol::responses
