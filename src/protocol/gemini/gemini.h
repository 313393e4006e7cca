// Google's generateContent, spoken to providers only (protocols.md §11).
#pragma once

#include <memory>

#include "protocol/codec.h"

namespace aigw::protocol::gemini {

// The body for :generateContent and :streamGenerateContent; the model stands in the path. Precondition: turns, names
// and ids fit (canonical/turns.h, tool_names.h, call_ids.h).
Json encode_request(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                    canonical::Notes& notes);

// The body for :countTokens (§12.3): contents, tools and system, wrapped as `generateContentRequest` with the model.
Json encode_count_request(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                          canonical::Notes& notes);

// A provider's answer (§11.3), in events of :streamGenerateContent?alt=sse, or one object of :generateContent. What
// :streamGenerateContent gives without `alt=sse`, an array of the events' objects, is not read: it is a Failed.
std::unique_ptr<StreamDecoder> stream_decoder();
void decode_answer(const Json& body, canonical::EventSink& sink);

}  // namespace aigw::protocol::gemini
