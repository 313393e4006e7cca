// OpenAI Chat Completions: the lingua franca of other vendors' servers (protocols.md §4 to §9).
#pragma once

#include <memory>

#include "protocol/codec.h"

namespace aigw::protocol::chat {

// A client's request (what §4.1, §4.2 and §4.4 list as fields of C). A field without a member of its own is an extra,
// known or not: encoders drop what they can't say.
canonical::Request decode_request(const Json& body, canonical::Notes& notes);

// For a provider (§5, §10.1, §10.2). Precondition: turns, names and ids fit (canonical/turns.h, tool_names.h,
// call_ids.h).
Json encode_request(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                    canonical::Notes& notes);

// A provider's answer (§8, §9.2, §13.1).
std::unique_ptr<StreamDecoder> stream_decoder();
void decode_answer(const Json& body, canonical::EventSink& sink);

// For a client (§6, §7).
std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules);
std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules);

}  // namespace aigw::protocol::chat
