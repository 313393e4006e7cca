// A provider's error as the client's dialect says it: status, words, retry hints (protocols.md §14).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "config/capabilities.h"
#include "protocol/openai_error.h"
#include "protocol/provider_error.h"

namespace aigw::protocol {

// What an error is in both families of dialects (§14.2): OpenAI's in `openai`; its status and type for Messages.
struct ErrorForm {
  int status = 502;           // to Chat, Completions, Embeddings, Responses
  OpenAiError openai;
  int messages_status = 502;
  std::string messages_type;  // `api_error`, `rate_limit_error`, …
  std::string messages_message;  // begins with `prompt is too long: ` where it is (§14.2)
};

// The table of §14.2. `status` is what the status line said, or what `error` means where there was none (0).
ErrorForm form_of(int status, const ProviderError& error, const config::ConversionSettings& settings);
// The form of one of the gateway's own errors.
ErrorForm form_of(int status, const OpenAiError& error);

int status_for(Dialect client, const ErrorForm& form);
// The body; `request_id` goes into Messages' form, where it is left out if it is empty.
std::string error_body(Dialect client, const ErrorForm& form, std::string_view request_id);
// The last event of a stream that has begun (§14.4), a complete frame. Nothing may follow it.
std::string error_frame(Dialect client, const ErrorForm& form);

// `message` with credentials, URLs and host names of private addresses masked.
std::string masked(std::string_view message);

}  // namespace aigw::protocol
