#include "protocol/canonical/turn_script.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::string_view kRoles = "suat";
constexpr std::string_view kNoResult = "No result was provided for this call.";

Part text_part(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return {Text{std::move(text)}, std::nullopt};
}

Part result_part(std::string_view script) {
  const std::size_t sign = script.find('=');
  ToolResult result;
  result.call_id = script.substr(0, sign);
  if (sign + 1 < script.size()) result.content.push_back(text_part(std::string(script.substr(sign + 1))));
  return {std::move(result), std::nullopt};
}

Part read_part(std::string_view script, Role role) {
  if (role == Role::Tool) return result_part(script);
  if (starts_with(script, "#")) {
    ToolCall call;
    call.id = script.substr(1);
    call.name = "f";
    return {std::move(call), std::nullopt};
  }
  if (starts_with(script, "~")) {
    const bool is_google = starts_with(script, "~~");
    Thinking thinking;
    thinking.vendor = is_google ? Vendor::Google : Vendor::Anthropic;
    thinking.proof = script.substr(is_google ? 2 : 1);
    return {std::move(thinking), std::nullopt};
  }
  return text_part(std::string(script));
}

std::string write_text(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

std::string write_part(const Part& part) {
  if (const auto* call = as<ToolCall>(part)) return "#" + call->id;
  if (const auto* thinking = as<Thinking>(part)) {
    return (thinking->vendor == Vendor::Google ? "~~" : "~") + thinking->proof;
  }
  if (const auto* result = as<ToolResult>(part)) {
    std::string text = result->call_id + "=";
    for (const Part& piece : result->content) text += as<Text>(piece)->text;
    return text == result->call_id + "=" + std::string(kNoResult) && result->is_error ? result->call_id + "=!" : text;
  }
  const auto* text = as<Text>(part);
  return text == nullptr ? "?" : write_text(text->text);
}

}  // namespace

std::vector<Message> read_script(std::string_view script) {
  std::vector<Message> messages;
  for (std::string_view line : split(script, '|')) {
    line = trim(line);
    if (line.empty()) continue;
    Message message{static_cast<Role>(kRoles.find(line.front())), {}};
    if (line.size() > 2) {
      for (const std::string_view part : split(line.substr(2), ',')) {
        message.parts.push_back(read_part(part, message.role));
      }
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

std::string write_script(const std::vector<Message>& messages) {
  std::string script;
  for (const Message& message : messages) {
    if (!script.empty()) script += " | ";
    script += kRoles[static_cast<std::size_t>(message.role)];
    char separator = ':';
    for (const Part& part : message.parts) script += std::exchange(separator, ',') + write_part(part);
  }
  return script;
}

}  // namespace aigw::protocol::canonical
