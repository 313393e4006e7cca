// OpenAI's legacy Completions: text in, text out (protocols.md §12.1).
#pragma once

#include <memory>

#include "protocol/codec.h"

namespace aigw::protocol::completions {

// A client's request. Token arrays, several prompts, `suffix` and `best_of` above `n` are rejected.
canonical::Request decode_request(const Json& body, canonical::Notes& notes);

// For a client.
std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules);
std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules);

}  // namespace aigw::protocol::completions
