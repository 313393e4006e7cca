// OpenAI Responses: items and typed events (protocols.md §10).
#pragma once

#include <memory>

#include "protocol/codec.h"

namespace aigw::protocol::responses {

// A client's request (§10.1, §10.2). Fills in `responses_echo` with the members that the answer repeats (§10.4).
canonical::Request decode_request(const Json& body, canonical::Notes& notes);

// For a provider (§10.3). Precondition: names and ids fit (canonical/tool_names.h, call_ids.h).
Json encode_request(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                    canonical::Notes& notes);

// A provider's answer (§10.6).
std::unique_ptr<StreamDecoder> stream_decoder();
void decode_answer(const Json& body, canonical::EventSink& sink);

// For a client (§10.4, §10.5). The rules outlive the encoder.
std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules);
std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules);

}  // namespace aigw::protocol::responses
