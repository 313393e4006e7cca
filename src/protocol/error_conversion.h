// A provider's error as the client's dialect says it: status and words (protocols.md §14).
//
// Pure functions, from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/dialect.h"
#include "config/capabilities.h"
#include "protocol/openai_error.h"
#include "protocol/provider_error.h"

namespace aigw::protocol {

// What an error is in both families of dialects (§14.2): OpenAI's in `openai`; its status and words for Messages.
struct ErrorForm {
  int status = 502;              // to Chat, Completions, Embeddings, Responses
  OpenAiError openai;
  int messages_status = 502;
  std::string messages_type;     // `api_error`, `rate_limit_error`, …
  std::string messages_message;  // begins with `prompt is too long: ` where it is (§14.2)
};

// The table of §14.2. `status` is what the status line said; 0, or a 2xx, where an error came without one: then it is
// what `error` means. What the message tells of the gateway's own side is masked (protocol/mask.h).
ErrorForm form_of(int status, const ProviderError& error, const config::ConversionSettings& settings);
// The form of one of the gateway's own errors: status and words are taken as they are.
ErrorForm form_of(int status, const OpenAiError& error);

int status_for(Dialect client, const ErrorForm& form);
// The body; `request_id` goes into Messages' form, where it is left out if it is empty.
std::string error_body(Dialect client, const ErrorForm& form, std::string_view request_id);
// The last event of a stream that has begun (§14.4), a complete frame. Nothing may follow it, neither a finish reason
// nor `[DONE]`. A Responses stream that has told of its response goes on with that: passed_stream.h.
std::string error_frame(Dialect client, const ErrorForm& form);
// What a failed response of the Responses dialect has as its `error.code`: `server_error`, `rate_limit_exceeded` or
// `invalid_prompt`.
const char* responses_code(const ErrorForm& form);

}  // namespace aigw::protocol
