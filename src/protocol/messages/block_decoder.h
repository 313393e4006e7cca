// The blocks of a Messages client as parts of a conversation (protocols.md §3.3, §3.6, §5.2).
#pragma once

#include <string>
#include <vector>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// Each appends the parts that a block comes to and refuses what it does not know; `path` names the block. A block
// comes to several parts where a document is made of text and images.

// Text, images, documents, search results: what a person may say, and what a tool may answer.
void decode_content_block(const Json& block, const std::string& path, std::vector<canonical::Part>& parts,
                          canonical::Notes& notes);
void decode_tool_result(const Json& block, const std::string& path, std::vector<canonical::Part>& parts,
                        canonical::Notes& notes);
// What a model said: text, thoughts, calls, and what tools did at Anthropic.
void decode_assistant_block(const Json& block, const std::string& path, std::vector<canonical::Part>& parts,
                            canonical::Notes& notes);
void decode_text_block(const Json& block, const std::string& path, std::vector<canonical::Part>& parts,
                       canonical::Notes& notes);

}  // namespace aigw::protocol::messages
