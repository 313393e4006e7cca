// An error as the last event of a stream that has begun, in the client's dialect (protocols.md §14.4).
#pragma once

#include <string>

#include "protocol/endpoint.h"
#include "protocol/openai_error.h"

namespace aigw::protocol {

// A complete frame. Chat, Completions and others: `data: {"error":…}`. Responses: the typed event `response.failed`.
// Nothing may follow it, neither a finish reason nor `[DONE]`.
std::string error_event(Dialect dialect, const OpenAiError& error);

}  // namespace aigw::protocol
