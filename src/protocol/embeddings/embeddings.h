// OpenAI Embeddings, and Google's in its place (protocols.md §12.2). Vectors in, vectors out: nothing here is text, so
// it does not go through the canonical model.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "protocol/canonical/notes.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::embeddings {

// A client's body for :batchEmbedContents of `model` ("": the one that the body names), always the batch form. Rejects
// what is no text. Precondition: request_fault (request_fault.h) has found none.
Json to_gemini(const Json& body, std::string_view model, canonical::Notes& notes);

// Whether the client wants base64 instead of numbers.
bool wants_base64(const Json& body);

// A provider's answer in the form that the client asked for: `embedding` as base64 of little-endian float32 or as
// numbers, sorted by index. Error Garbled: not embeddings.
Result<Json> from_gemini(const Json& answer, std::string_view model, bool base64, std::int64_t prompt_tokens);
Result<Json> normalised(Json answer, bool base64);

}  // namespace aigw::protocol::embeddings
