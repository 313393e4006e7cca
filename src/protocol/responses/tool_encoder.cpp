#include "protocol/responses/tool_encoder.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// The choice among the tools that are sent.
class ChoiceEncoder {
 public:
  explicit ChoiceEncoder(const Request& request) {
    for (const Tool& tool : request.tools) {
      if (tool.kind == Tool::Kind::Server) {
        left_out_.insert(tool.name);
      } else {
        sent_.try_emplace(tool.name, tool.kind);
      }
    }
  }

  // Null: not sent, because it is of tools that are left out.
  Json encode(const ToolChoice& choice, Notes& notes) const {
    switch (choice.kind) {
      case ToolChoice::Kind::Auto: return "auto";
      case ToolChoice::Kind::None: return "none";
      case ToolChoice::Kind::Required: return "required";
      case ToolChoice::Kind::Named: {
        const Json sent = named({choice.name}, notes);
        return sent.empty() ? Json() : sent[0];
      }
      case ToolChoice::Kind::Allowed: break;
    }
    Json sent = named(choice.names, notes);
    if (sent.empty()) return {};
    return {{"type", "allowed_tools"}, {"mode", choice.required ? "required" : "auto"}, {"tools", std::move(sent)}};
  }

 private:
  // Those of `names` whose tools are sent. Where all of them are left out, the choice is dropped with them.
  Json named(const std::vector<std::string>& names, Notes& notes) const {
    Json sent = Json::array();
    for (const std::string& name : names) {
      if (const auto tool = sent_.find(name); tool != sent_.end()) {
        const bool is_custom = tool->second == Tool::Kind::Custom;
        sent.push_back({{"type", is_custom ? "custom" : "function"}, {"name", name}});
      } else if (left_out_.count(name) == 0) {
        notes.reject("tool_choice", "\"tool_choice\" names a tool that is not in \"tools\".");
      }
    }
    if (sent.empty()) notes.drop("tool_choice");
    return sent;
  }

  std::map<std::string_view, Tool::Kind> sent_;
  std::set<std::string_view> left_out_;
};

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
  Json choice = request.tool_choice ? ChoiceEncoder(request).encode(*request.tool_choice, notes) : Json();
  if (tools.empty()) return;
  body["tools"] = std::move(tools);
  if (!choice.is_null()) body["tool_choice"] = std::move(choice);
  if (request.parallel_tool_calls) body["parallel_tool_calls"] = *request.parallel_tool_calls;
}

}  // namespace aigw::protocol::responses
