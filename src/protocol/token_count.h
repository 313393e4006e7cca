// The answer to POST /v1/messages/count_tokens (protocols.md §12.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "base/result.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol {

// The tokens of a prompt where nobody has counted them: one for every four bytes of text, tool definitions and inputs,
// four for each message, 1600 for each image.
std::int64_t estimated_tokens(const canonical::Request& request);

std::string token_count_answer(std::int64_t tokens);

// The same from what a provider answers in its own dialect: Messages, Responses or Gemini. Error Garbled: no count in
// it.
Result<std::string> token_count_answer(Dialect provider, std::string_view answer);

}  // namespace aigw::protocol
