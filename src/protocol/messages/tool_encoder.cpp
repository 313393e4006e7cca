#include "protocol/messages/tool_encoder.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/messages/conversation_encoder.h"
#include "protocol/messages/schema.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

// How the types of tools that run at Anthropic, or are defined there, begin.
constexpr std::array<std::string_view, 8> kServerTools = {"web_search_", "web_fetch_", "code_execution_", "bash_",
                                                          "text_editor_", "computer_", "memory_", "tool_search_tool_"};

std::string named(const std::string& what, std::string_view name) { return what + " \"" + std::string(name) + "\""; }

// Chat clients may hand Anthropic's tools through; Responses has tools of its own by the same names.
bool is_native(const Tool& tool, Dialect client) {
  if (!tool.raw || client != Dialect::Chat) return false;
  const std::string_view type = text_of(*tool.raw, "type");
  return std::any_of(kServerTools.begin(), kServerTools.end(),
                     [&](std::string_view prefix) { return starts_with(type, prefix); });
}

std::string_view name_of(const Tool& tool) {
  if (!tool.name.empty() || !tool.raw) return tool.name;
  const std::string_view name = text_of(*tool.raw, "name");
  return name.empty() ? text_of(*tool.raw, "type") : name;
}

// The text that tells a model of a custom tool's format, "" where any text will do.
std::string grammar_note(const Tool& tool) {
  if (!tool.format) return "";
  const Json& nested = members_of(*tool.format, "grammar");  // as Chat has it; Responses has it flat
  const Json& grammar = nested.empty() ? *tool.format : nested;
  const std::string_view definition = text_of(grammar, "definition");
  if (definition.empty()) return "";
  const std::string syntax(text_of(grammar, "syntax"));
  return "The input must match this" + (syntax.empty() ? "" : " " + syntax) + " grammar:\n" + std::string(definition);
}

Json text_input_schema() {
  return Json{{"type", "object"},
              {"properties", {{"input", {{"type", "string"}}}}},
              {"required", Json::array({"input"})}};
}

class ToolWriter {
 public:
  ToolWriter(const Request& request, const Target& target, ReplyRules& rules, Notes& notes)
      : request_(request), target_(target), rules_(rules), notes_(notes) {
    if (!request.tool_choice) return;
    allowed_.insert(request.tool_choice->names.begin(), request.tool_choice->names.end());
  }

  ToolSet write() {
    ToolSet set;
    const std::vector<const Tool*> tools = tools_to_send();
    Json list = Json::array();
    for (const Tool* const tool : tools) list.push_back(tool_json(*tool));
    Json choice = choice_json(tools);
    if (list.empty()) {
      list = tools_of_history();
      set.only_named = true;
      choice = list.empty() ? Json() : Json{{"type", "none"}};
    }
    if (!list.empty()) set.list = std::move(list);
    if (!choice.is_null()) set.choice = std::move(choice);
    return set;
  }

 private:
  bool is_allowed(const Tool& tool) const {
    if (!request_.tool_choice || request_.tool_choice->kind != ToolChoice::Kind::Allowed) return true;
    return allowed_.count(name_of(tool)) != 0;
  }

  std::vector<const Tool*> tools_to_send() {
    std::vector<const Tool*> tools;
    for (std::size_t i = 0; i < request_.tools.size(); ++i) {
      const Tool& tool = request_.tools[i];
      if (tool.kind == Tool::Kind::Server && !is_native(tool, request_.client)) {
        refuse_server_tool(tool, i);
      } else if (is_allowed(tool)) {
        tools.push_back(&tool);
      }
    }
    return tools;
  }

  void refuse_server_tool(const Tool& tool, std::size_t index) {
    dropped_.emplace(name_of(tool));
    if (target_.settings.drop_server_tools) return notes_.drop("tools");
    const std::string param = "tools[" + std::to_string(index) + "].type";
    notes_.reject(param, param + ": the provider has no " +
                             named("tool", tool.raw ? text_of(*tool.raw, "type") : std::string_view(tool.name)));
  }

  Json tool_json(const Tool& tool) {
    if (tool.kind == Tool::Kind::Server) return *tool.raw;
    std::string description = tool.description;
    Json schema = tool.kind == Tool::Kind::Custom ? custom_schema(tool, description)
                                                  : input_schema(tool.parameters.value_or_null(), description);
    // Absent means true to a Responses client (§10.1). Only a wish of the client's own is worth a word.
    const bool is_default = tool.kind == Tool::Kind::Function && request_.client == Dialect::Responses;
    if (tool.strict.value_or(false) && !target_.can.structured_outputs) notes_.drop("strict");
    const bool keeps_strict = tool.strict.value_or(is_default) && target_.can.structured_outputs;
    Json json{{"name", tool.name}};
    if (!description.empty()) json["description"] = std::move(description);
    json["input_schema"] = keeps_strict ? cleaned_schema(schema) : std::move(schema);
    if (keeps_strict) json["strict"] = true;
    if (tool.cache) json["cache_control"] = cache_control(*tool.cache);
    return json;
  }

  // A function with one text, which becomes a custom call again on the way back.
  Json custom_schema(const Tool& tool, std::string& description) {
    const auto alias = rules_.tool_names.find(tool.name);
    rules_.custom_tools.insert(alias == rules_.tool_names.end() ? tool.name : alias->second);
    const std::string note = grammar_note(tool);
    if (!description.empty() && !note.empty()) description += "\n\n";
    description += note;
    return text_input_schema();
  }

  // Null: not sent.
  Json choice_json(const std::vector<const Tool*>& tools) {
    const bool serial = !request_.parallel_tool_calls.value_or(true);
    Json choice;
    if (request_.tool_choice) {
      choice = choice_of(*request_.tool_choice, tools);
    } else if (serial) {
      choice = Json{{"type", "auto"}};
    }
    if (tools.empty()) return {};
    if (serial && !choice.is_null() && choice["type"] != "none") choice["disable_parallel_tool_use"] = true;
    return choice;
  }

  Json choice_of(const ToolChoice& choice, const std::vector<const Tool*>& tools) {
    switch (choice.kind) {
      case ToolChoice::Kind::Auto: return Json{{"type", "auto"}};
      case ToolChoice::Kind::None: return Json{{"type", "none"}};
      case ToolChoice::Kind::Required: return Json{{"type", "any"}};
      case ToolChoice::Kind::Named:
        if (is_among(tools, choice.name)) return Json{{"type", "tool"}, {"name", choice.name}};
        note_missing(choice.name);
        return {};
      case ToolChoice::Kind::Allowed: break;
    }
    std::set<std::string_view> sent;
    for (const Tool* const tool : tools) sent.insert(name_of(*tool));
    // As long as one is left, the choice is not dropped with those that ran elsewhere.
    for (const std::string& name : choice.names) {
      const bool may_miss = !sent.empty() && dropped_.contains(name);
      if (sent.count(name) == 0 && !may_miss) note_missing(name);
    }
    return Json{{"type", choice.required ? "any" : "auto"}};
  }

  static bool is_among(const std::vector<const Tool*>& tools, std::string_view name) {
    return std::any_of(tools.begin(), tools.end(), [&](const Tool* tool) { return name_of(*tool) == name; });
  }

  // Drops or refuses the choice of a tool that is not among those sent.
  void note_missing(const std::string& name) {
    const std::string param = request_.legacy_functions ? "function_call" : "tool_choice";
    if (dropped_.contains(name)) {
      notes_.drop(param);
    } else {
      notes_.reject(param, param + ": there is no " + named("tool", name) + " in this request");
    }
  }

  // Anthropic refuses calls in the history without any definition of tools.
  Json tools_of_history() const {
    Json list = Json::array();
    std::set<std::string_view> seen;
    for (const canonical::Message& message : request_.messages) {
      for (const canonical::Part& part : message.parts) {
        const auto* const call = canonical::as<canonical::ToolCall>(part);
        if (call == nullptr || !seen.insert(call->name).second) continue;
        list.push_back(Json{{"name", call->name}, {"input_schema", open_object_schema()}});
      }
    }
    return list;
  }

  const Request& request_;
  const Target& target_;
  ReplyRules& rules_;
  Notes& notes_;
  std::set<std::string_view> allowed_;          // names, where the choice lists them
  std::set<std::string, std::less<>> dropped_;  // names of tools that ran elsewhere
};

}  // namespace

ToolSet encode_tools(const Request& request, const Target& target, ReplyRules& rules, Notes& notes) {
  return ToolWriter(request, target, rules, notes).write();
}

bool forces_call(const ToolSet& tools) {
  if (!tools.choice) return false;
  const std::string_view type = text_of(*tools.choice, "type");
  return type == "any" || type == "tool";
}

}  // namespace aigw::protocol::messages
