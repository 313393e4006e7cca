#include "protocol/openai_error.h"

#include <nlohmann/json.hpp>

namespace aigw::protocol {

using Json = nlohmann::ordered_json;

std::string to_json(const OpenAiError& error) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const Json body = {{"error",
                      {{"message", error.message},
                       {"type", error.type},
                       {"param", text_or_null(error.param)},
                       {"code", text_or_null(error.code)}}}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_event(const OpenAiError& error) { return "data: " + to_json(error) + "\n\n"; }

}  // namespace aigw::protocol
