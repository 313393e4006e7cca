#include "protocol/chat/tool_encoder.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/chat/content_encoder.h"
#include "protocol/openai_schema.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Tool;
using canonical::ToolChoice;

// `strict`: what the client's dialect means where the tool says nothing.
Json encode_function(const Tool& tool, std::optional<bool> strict) {
  Json function = {{"name", tool.name}};
  if (!tool.description.empty()) function["description"] = tool.description;
  function["parameters"] = completed_schema(tool.parameters.value_or_null());
  if (strict) function["strict"] = *strict;
  return {{"type", "function"}, {"function", std::move(function)}};
}

Json encode_custom(const Tool& tool) {
  Json custom = {{"name", tool.name}};
  if (!tool.description.empty()) custom["description"] = tool.description;
  if (tool.format) custom["format"] = *tool.format;
  return {{"type", "custom"}, {"custom", std::move(custom)}};
}

// A function with the free text as its only argument; the grammar is asked for in words.
Tool as_function(const Tool& custom) {
  Tool tool;
  tool.name = custom.name;
  tool.description = custom.description;
  tool.parameters = Json{{"type", "object"},
                         {"properties", {{"input", {{"type", "string"}}}}},
                         {"required", Json::array({"input"})}};
  const Json format = custom.format.value_or_null();
  const std::string_view grammar = text_of(members_of(format, "grammar"), "definition");
  const std::string_view syntax = text_of(members_of(format, "grammar"), "syntax");
  if (grammar.empty()) return tool;
  if (!tool.description.empty()) tool.description += "\n\n";
  tool.description += "The input must match this grammar";
  if (!syntax.empty()) tool.description += " (" + std::string(syntax) + ")";
  tool.description += ":\n" + std::string(grammar);
  return tool;
}

class ToolsEncoder {
 public:
  ToolsEncoder(const canonical::Request& request, const Target& target, canonical::ReplyRules& rules,
               canonical::Notes& notes)
      : request_(request), target_(target), rules_(rules), notes_(notes), content_(target.can, notes) {
    for (const Tool& tool : request.tools) {
      if (tool.kind != Tool::Kind::Server) sent_.try_emplace(tool.name, &tool);
    }
  }

  void encode(Json& body) {
    Json tools = Json::array();
    for (std::size_t i = 0; i < request_.tools.size(); ++i) add_tool(request_.tools[i], i, tools);
    if (tools.empty() && request_.tools.empty()) return;
    Json choice = request_.tool_choice ? encode_choice(*request_.tool_choice) : Json();
    if (tools.empty()) return;
    body["tools"] = std::move(tools);
    if (!choice.is_null()) body["tool_choice"] = std::move(choice);
    if (request_.parallel_tool_calls) body["parallel_tool_calls"] = *request_.parallel_tool_calls;
  }

 private:
  void add_tool(const Tool& tool, std::size_t number, Json& tools) {
    if (tool.kind == Tool::Kind::Server) return refuse(tool, number);
    const bool is_custom = tool.kind == Tool::Kind::Custom;
    const bool is_native = target_.can.custom_tools;
    if (is_custom && !is_native) rules_.custom_tools.insert(client_name(tool.name));
    Json encoded = is_custom && is_native ? encode_custom(tool)
                                          : encode_function(is_custom ? as_function(tool) : tool, strict_of(tool));
    content_.put_cache_control(encoded, tool.cache);
    tools.push_back(std::move(encoded));
  }

  // Absent means true to a Responses client, so there it is always written out (§10.1).
  std::optional<bool> strict_of(const Tool& tool) {
    if (tool.kind == Tool::Kind::Custom) return std::nullopt;
    if (request_.client == Dialect::Responses) return tool.strict.value_or(true);
    if (!target_.can.tool_strict && tool.strict.value_or(false)) notes_.drop("strict");
    return target_.can.tool_strict ? tool.strict : std::nullopt;
  }

  void refuse(const Tool& tool, std::size_t number) {
    const std::string type(text_of(tool.raw.value_or_null(), "type"));
    if (target_.settings.drop_server_tools) return notes_.drop("tools");
    notes_.reject("tools[" + std::to_string(number) + "].type",
                  "The tool \"" + type + "\" runs at another vendor and can't be used with this model.");
  }

  std::string client_name(const std::string& name) const {
    const auto alias = rules_.tool_names.find(name);
    return alias == rules_.tool_names.end() ? name : alias->second;
  }

  // Null: it is not sent.
  const Tool* find_tool(const std::string& name) const {
    const auto found = sent_.find(name);
    return found == sent_.end() ? nullptr : found->second;
  }

  Json named(const Tool& tool) const {
    const bool is_custom = tool.kind == Tool::Kind::Custom && target_.can.custom_tools;
    const char* const kind = is_custom ? "custom" : "function";
    return {{"type", kind}, {kind, {{"name", tool.name}}}};
  }

  // Null: not sent.
  Json encode_choice(const ToolChoice& choice) {
    switch (choice.kind) {
      case ToolChoice::Kind::Auto: return "auto";
      case ToolChoice::Kind::None: return "none";
      case ToolChoice::Kind::Required: return "required";
      case ToolChoice::Kind::Named:
        if (const Tool* const tool = find_tool(choice.name)) return named(*tool);
        return unsent("names a tool that is not in \"tools\"");
      case ToolChoice::Kind::Allowed: return allowed(choice);
    }
    return {};
  }

  Json allowed(const ToolChoice& choice) {
    Json tools = Json::array();
    for (const std::string& name : choice.names) {
      if (const Tool* const tool = find_tool(name)) tools.push_back(named(*tool));
    }
    if (tools.empty()) return unsent("allows no tool that is in \"tools\"");
    return {{"type", "allowed_tools"},
            {"allowed_tools", {{"mode", choice.required ? "required" : "auto"}, {"tools", std::move(tools)}}}};
  }

  // A choice of tools that are not sent: dropped with them, where the gateway is to drop what runs at a vendor (§5.3).
  Json unsent(const std::string& fault) {
    if (target_.settings.drop_server_tools) {
      notes_.drop("tool_choice");
    } else {
      notes_.reject("tool_choice", "\"tool_choice\" " + fault + ".");
    }
    return {};
  }

  const canonical::Request& request_;
  const Target& target_;
  canonical::ReplyRules& rules_;
  canonical::Notes& notes_;
  const ContentEncoder content_;
  std::map<std::string_view, const Tool*> sent_;  // by name
};

}  // namespace

void encode_tools(const canonical::Request& request, const Target& target, canonical::ReplyRules& rules,
                  canonical::Notes& notes, Json& body) {
  ToolsEncoder(request, target, rules, notes).encode(body);
}

}  // namespace aigw::protocol::chat
