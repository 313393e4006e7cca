// A client's Messages request (protocols.md §5).
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/canonical/effort.h"
#include "protocol/json_read.h"
#include "protocol/messages/conversation_decoder.h"
#include "protocol/messages/messages.h"
#include "protocol/messages/schema.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

void decode_model(const Json& value, Request& request, Notes& notes) {
  if (!value.is_string()) return refuse(notes, "model", "expected a string");
  request.model = value.get<std::string>();
}

void decode_max_tokens(const Json& body, Request& request, Notes& notes) {
  const auto value = integer_of(body, "max_tokens");
  if (!has_member(body, "max_tokens")) return refuse(notes, "max_tokens", "is required");
  if (value == 0) return refuse(notes, "max_tokens", "0 only warms Anthropic's cache; this provider has no such call");
  if (!value || *value < 0) return refuse(notes, "max_tokens", "expected a whole number of at least 1");
  request.max_tokens = *value;
}

template <JsonBox Request::*field>
void decode_number(const char* name, const Json& value, Request& request, Notes& notes) {
  if (!value.is_number()) return refuse(notes, name, "expected a number");
  request.*field = value;
}

void decode_temperature(const Json& value, Request& request, Notes& notes) {
  decode_number<&Request::temperature>("temperature", value, request, notes);
}

void decode_top_p(const Json& value, Request& request, Notes& notes) {
  decode_number<&Request::top_p>("top_p", value, request, notes);
}

void decode_top_k(const Json& value, Request& request, Notes& notes) {
  decode_number<&Request::top_k>("top_k", value, request, notes);
}

void decode_stop(const Json& value, Request& request, Notes& notes) {
  if (!value.is_array()) return refuse(notes, "stop_sequences", "expected a list of strings");
  for (const Json& sequence : value) {
    if (!sequence.is_string()) return refuse(notes, "stop_sequences", "expected a list of strings");
    request.stop.push_back(sequence.get<std::string>());
  }
}

void decode_stream(const Json& value, Request& request, Notes& notes) {
  if (!value.is_boolean()) return refuse(notes, "stream", "expected true or false");
  request.stream = value.get<bool>();
}

void decode_conversation(const Json& value, Request& request, Notes& notes) {
  if (!value.is_array()) return refuse(notes, "messages", "expected a list of messages");
  decode_messages(value, request.messages, notes);
}

// ---- tools ------------------------------------------------------------------------------------------

// Those of a type of their own run at Anthropic, or are known to its models alone.
Tool decode_tool(const Json& tool, const std::string& path, Notes& notes) {
  Tool result;
  result.name = text_of(tool, "name");
  const std::string_view type = text_of(tool, "type");
  if (!type.empty() && type != "custom") {
    result.kind = Tool::Kind::Server;
    result.raw = tool;
    return result;
  }
  if (result.name.empty()) refuse(notes, path + ".name", "expected the name of the tool");
  result.description = text_of(tool, "description");
  if (const Json* const schema = find_member(tool, "input_schema"); schema != nullptr && !schema->is_null()) {
    if (!schema->is_object()) refuse(notes, path + ".input_schema", "expected a JSON Schema");
    result.parameters = *schema;
  }
  result.strict = flag_of(tool, "strict");
  result.cache = cache_mark_of(tool);
  if (!items_of(tool, "input_examples").empty()) notes.drop("input_examples");
  return result;
}

void decode_tools(const Json& value, Request& request, Notes& notes) {
  if (!value.is_array()) return refuse(notes, "tools", "expected a list of tools");
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string path = "tools[" + std::to_string(i) + "]";
    if (!value[i].is_object()) return refuse(notes, path, "expected a tool");
    request.tools.push_back(decode_tool(value[i], path, notes));
  }
}

void decode_tool_choice(const Json& value, Request& request, Notes& notes) {
  const std::string_view type = text_of(value, "type");
  ToolChoice choice;
  if (type == "any") choice.kind = ToolChoice::Kind::Required;
  else if (type == "none") choice.kind = ToolChoice::Kind::None;
  else if (type == "tool") choice.kind = ToolChoice::Kind::Named;
  else if (type != "auto") return refuse(notes, "tool_choice.type", "expected auto, any, none or tool");
  if (type == "tool") choice.name = text_of(value, "name");
  if (type == "tool" && choice.name.empty()) refuse(notes, "tool_choice.name", "expected the name of a tool");
  request.tool_choice = std::move(choice);
  if (flag_of(value, "disable_parallel_tool_use") == true) request.parallel_tool_calls = false;
}

// ---- thinking and form ------------------------------------------------------------------------------

void decode_thinking(const Json& value, Request& request, Notes& notes) {
  canonical::Reasoning& reasoning = request.reasoning;
  const std::string_view type = text_of(value, "type");
  if (type == "enabled") {
    reasoning.budget = integer_of(value, "budget_tokens");
    if (!reasoning.budget) return refuse(notes, "thinking.budget_tokens", "expected a whole number");
  } else if (type == "adaptive") {
    reasoning.adaptive = true;
  } else if (type == "disabled") {
    reasoning.disabled = true;
  } else {
    return refuse(notes, "thinking.type", "expected enabled, adaptive or disabled");
  }
  reasoning.thinking = value;
}

void decode_effort(const Json& value, Request& request, Notes& notes) {
  if (!value.is_string() || !canonical::is_effort(value.get_ref<const std::string&>())) {
    return refuse(notes, "output_config.effort", "expected low, medium, high, xhigh or max");
  }
  request.reasoning.effort = value.get<std::string>();
}

void decode_format(const Json& value, const std::string& path, Request& request, Notes& notes) {
  if (text_of(value, "type") != "json_schema") return refuse(notes, path + ".type", "expected json_schema");
  const Json* const schema = find_member(value, "schema");
  if (schema == nullptr || !schema->is_object()) return refuse(notes, path + ".schema", "expected a JSON Schema");
  request.format = canonical::OutputFormat{.kind = canonical::OutputFormat::Kind::JsonSchema,
                                           .name = "response",
                                           .description = {},
                                           .schema = *schema,
                                           .strict = is_strict_schema(*schema)};
}

void decode_output_config(const Json& value, Request& request, Notes& notes) {
  if (!value.is_object()) return refuse(notes, "output_config", "expected an object");
  for (const auto& [name, member] : value.items()) {
    if (member.is_null()) continue;
    if (name == "effort") decode_effort(member, request, notes);
    else if (name == "format") decode_format(member, "output_config.format", request, notes);
    else notes.drop("output_config." + name);
  }
}

// ---- the rest ---------------------------------------------------------------------------------------

void decode_metadata(const Json& value, Request& request, Notes& notes) {
  if (!value.is_object()) return refuse(notes, "metadata", "expected an object");
  request.safety_identifier = text_of(value, "user_id");
  if (value.size() > (value.contains("user_id") ? 1U : 0U)) notes.drop("metadata");
}

void decode_service_tier(const Json& value, Request& request, Notes& notes) {
  if (value == "auto") request.service_tier = "auto";
  else if (value == "standard_only") request.service_tier = "default";
  else notes.drop("service_tier");
}

void refuse_mcp_servers(const Json& value, Request&, Notes& notes) {
  if (value.is_array() && value.empty()) return;
  refuse(notes, "mcp_servers", "the provider can't call MCP servers");
}

void decode_instructions(const Json& value, Request& request, Notes& notes) {
  decode_system(value, request.messages, notes);
}

// In the order in which they are read: what `system` says stands before all messages, wherever the body has it.
struct Field {
  std::string_view name;
  void (*decode)(const Json& value, Request& request, Notes& notes);
};
constexpr std::array<Field, 15> kFields = {{{"model", decode_model},
                                            {"system", decode_instructions},
                                            {"messages", decode_conversation},
                                            {"temperature", decode_temperature},
                                            {"top_p", decode_top_p},
                                            {"top_k", decode_top_k},
                                            {"stop_sequences", decode_stop},
                                            {"stream", decode_stream},
                                            {"tools", decode_tools},
                                            {"tool_choice", decode_tool_choice},
                                            {"thinking", decode_thinking},
                                            {"output_config", decode_output_config},
                                            {"metadata", decode_metadata},
                                            {"service_tier", decode_service_tier},
                                            {"mcp_servers", refuse_mcp_servers}}};

bool is_known(std::string_view name) {
  return name == "max_tokens" ||
         std::any_of(kFields.begin(), kFields.end(), [&](const Field& field) { return field.name == name; });
}

// Everything but max_tokens.
Request decode_fields(const Json& body, Notes& notes) {
  Request request;
  for (const Field& field : kFields) {
    if (has_member(body, field.name)) field.decode(*find_member(body, field.name), request, notes);
  }
  if (items_of(body, "messages").empty()) refuse(notes, "messages", "at least one message is required");
  for (const auto& [name, value] : body.items()) {
    if (!is_known(name) && !value.is_null()) notes.drop(name);
  }
  return request;
}

}  // namespace

Request decode_request(const Json& body, Notes& notes) {
  Request request = decode_fields(body, notes);
  request.client = Dialect::Messages;
  decode_max_tokens(body, request, notes);
  return request;
}

Request decode_count_request(const Json& body, Notes& notes) {
  Request request = decode_fields(body, notes);
  request.client = Dialect::TokenCount;
  return request;
}

}  // namespace aigw::protocol::messages
