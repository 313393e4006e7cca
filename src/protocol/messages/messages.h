// Anthropic Messages (protocols.md §4 to §9).
#pragma once

#include <memory>

#include "protocol/codec.h"

namespace aigw::protocol::messages {

// A client's request (§5, §10.3 and §11 read it from here).
canonical::Request decode_request(const Json& body, canonical::Notes& notes);
// A body of count_tokens: the same without max_tokens (§12.3).
canonical::Request decode_count_request(const Json& body, canonical::Notes& notes);

// For a provider (§4). Precondition: turns, names and ids fit (canonical/turns.h, tool_names.h, call_ids.h).
Json encode_request(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                    canonical::Notes& notes);

// A provider's answer (§6, §7).
std::unique_ptr<StreamDecoder> stream_decoder();
void decode_answer(const Json& body, canonical::EventSink& sink);

// For a client (§8, §9.1; which call is open when: §9.2 rules 6 to 8).
std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules);
std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules);

}  // namespace aigw::protocol::messages
