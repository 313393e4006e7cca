// Short ways to write canonical requests in tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "protocol/canonical/request.h"

namespace aigw::protocol::gemini {

template <typename Content>
canonical::Part part(Content content) {
  return {std::move(content), std::nullopt};
}

inline canonical::Message message(canonical::Role role, std::vector<canonical::Part> parts) {
  return {role, std::move(parts)};
}

inline canonical::Message user(std::string text) {
  return message(canonical::Role::User, {part(canonical::Text{std::move(text)})});
}

inline canonical::Message assistant(std::vector<canonical::Part> parts) {
  return message(canonical::Role::Assistant, std::move(parts));
}

inline canonical::Part call(std::string id, std::string name, std::string arguments, std::string signature = "") {
  return part(canonical::ToolCall{std::move(id), std::move(name), std::move(arguments), false, std::move(signature)});
}

inline canonical::Part result(std::string id, std::string text, bool is_error = false) {
  return part(canonical::ToolResult{std::move(id), "", {part(canonical::Text{std::move(text)})}, is_error});
}

inline canonical::Tool function(std::string name, std::string description = "", JsonBox parameters = {}) {
  canonical::Tool tool;
  tool.name = std::move(name);
  tool.description = std::move(description);
  tool.parameters = std::move(parameters);
  return tool;
}

// `{"type":"object","properties":{"a":{"type":"string"}}}`
inline Json one_parameter() {
  return {{"type", "object"}, {"properties", {{"a", {{"type", "string"}}}}}};
}

inline Json tree(const std::string& text) { return Json::parse(text); }

}  // namespace aigw::protocol::gemini
