// Errors that say that the prompt is longer than the model can take: recognising them in every vendor's words, and
// saying them in the words on which Anthropic's clients start to compact the conversation (protocols.md §14.2).
//
// Pure functions, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/provider_error.h"

namespace aigw::protocol {

// By code, type or text, whatever the status.
bool says_prompt_too_long(const ProviderError& error);

// Begins with `prompt is too long: `, and says `<n> tokens > <m> maximum` if `message` tells both; else `message`
// follows.
std::string prompt_too_long(std::string_view message);

}  // namespace aigw::protocol
