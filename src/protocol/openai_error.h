// Errors in OpenAI's form: `{"error":{"message":…,"type":…,"param":…,"code":…}}` (protocols.md §14.1).
#pragma once

#include <string>
#include <string_view>

namespace aigw::protocol {

struct OpenAiError {
  std::string message;
  std::string type = "invalid_request_error";
  std::string param;  // "" becomes null
  std::string code;   // "" becomes null
};

// The body as JSON text; invalid UTF-8 in the message is replaced.
std::string to_json(const OpenAiError& error);

// The same as the last event of a broken stream: `data: {"error":…}` and an empty line.
std::string to_event(const OpenAiError& error);

}  // namespace aigw::protocol
