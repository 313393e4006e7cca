#include "protocol/responses/tool_encoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/openai_schema.h"
#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

// What Messages allow, OpenAI refuses: object schemas without `properties` (§5.3).
Json parameters_of(const Tool& tool, Dialect client) {
  const bool is_of_messages = client == Dialect::Messages || client == Dialect::TokenCount;
  if (tool.parameters && !is_of_messages) return *tool.parameters;
  return completed_schema(tool.parameters.value_or_null());
}

// What Chat nests is flat here: `{"type":"grammar","syntax":…,"definition":…}`.
Json flat_format(const Json& format) {
  const Json& grammar = members_of(format, "grammar");
  if (grammar.empty()) return format;
  Json flat = {{"type", "grammar"}};
  flat.update(grammar);
  return flat;
}

Json encode_tool(const Tool& tool, Dialect client) {
  const bool is_custom = tool.kind == Tool::Kind::Custom;
  Json encoded = {{"type", is_custom ? "custom" : "function"}, {"name", tool.name}};
  if (!tool.description.empty()) encoded["description"] = tool.description;
  if (is_custom) {
    if (tool.format) encoded["format"] = flat_format(*tool.format);
    return encoded;
  }
  encoded["parameters"] = parameters_of(tool, client);
  encoded["strict"] = tool.strict.value_or(false);  // absent would mean true here
  return encoded;
}

Json named(const Request& request, std::string_view name) {
  const auto tool = std::find_if(request.tools.begin(), request.tools.end(),
                                 [&](const Tool& one) { return one.name == name; });
  const bool is_custom = tool != request.tools.end() && tool->kind == Tool::Kind::Custom;
  return {{"type", is_custom ? "custom" : "function"}, {"name", name}};
}

Json allowed(const Request& request, const ToolChoice& choice) {
  Json tools = Json::array();
  for (const std::string& name : choice.names) tools.push_back(named(request, name));
  return {{"type", "allowed_tools"}, {"mode", choice.required ? "required" : "auto"}, {"tools", std::move(tools)}};
}

Json encode_choice(const Request& request, const ToolChoice& choice) {
  switch (choice.kind) {
    case ToolChoice::Kind::Auto: return "auto";
    case ToolChoice::Kind::None: return "none";
    case ToolChoice::Kind::Required: return "required";
    case ToolChoice::Kind::Named: return named(request, choice.name);
    case ToolChoice::Kind::Allowed: return allowed(request, choice);
  }
  return "auto";
}

// False: the choice is of a tool that is left out, and so is the choice.
bool is_of(const ToolChoice& choice, const Json& tools, const Request& request, Notes& notes) {
  if (choice.kind != ToolChoice::Kind::Named) return true;
  const auto has_name = [&](const auto& tool) { return tool == choice.name; };
  const bool is_sent = std::any_of(tools.begin(), tools.end(), [&](const Json& tool) {
    return has_name(text_of(tool, "name"));
  });
  if (is_sent) return true;
  const bool was_left_out = std::any_of(request.tools.begin(), request.tools.end(),
                                        [&](const Tool& tool) { return has_name(tool.name); });
  if (was_left_out) {
    notes.drop("tool_choice");
  } else {
    notes.reject("tool_choice", "\"tool_choice\" names a tool that is not in \"tools\".");
  }
  return false;
}

}  // namespace

void encode_tools(const Request& request, const config::ConversionSettings& settings, Json& body, Notes& notes) {
  Json tools = Json::array();
  for (std::size_t i = 0; i < request.tools.size(); ++i) {
    const Tool& tool = request.tools[i];
    const std::string path = "tools[" + std::to_string(i) + "]";
    if (tool.kind != Tool::Kind::Server) {
      tools.push_back(encode_tool(tool, request.client));
    } else if (settings.drop_server_tools) {
      notes.drop("tools");
    } else {
      notes.reject(path + ".type", "\"" + path + "\" runs at another vendor and can't be used with this model.");
    }
  }
  const bool has_choice = request.tool_choice && is_of(*request.tool_choice, tools, request, notes);
  if (tools.empty()) return;
  body["tools"] = std::move(tools);
  if (has_choice) body["tool_choice"] = encode_choice(request, *request.tool_choice);
  if (request.parallel_tool_calls) body["parallel_tool_calls"] = *request.parallel_tool_calls;
}

}  // namespace aigw::protocol::responses
