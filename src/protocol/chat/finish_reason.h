// `finish_reason` of Chat and Completions (protocols.md §3.8).
#pragma once

#include <string_view>

#include "protocol/canonical/answer.h"

namespace aigw::protocol::chat {

canonical::FinishReason read_finish_reason(std::string_view word);

// `stop`, `length`, `tool_calls` or `content_filter`.
const char* finish_word(canonical::FinishReason reason);

// Whether the vendor's own word says no more than `word` does, so that `native_finish_reason` is left out.
bool is_implied(std::string_view native, std::string_view word);

}  // namespace aigw::protocol::chat
