#include "protocol/gemini/tools.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/gemini/schema.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

bool has_tool(const Request& request, const std::string& name) {
  return std::any_of(request.tools.begin(), request.tools.end(), [&](const Tool& tool) { return tool.name == name; });
}

// What the client calls the tool.
std::string name_of(const Tool& tool) {
  return tool.name.empty() && tool.raw ? std::string(text_of(*tool.raw, "type")) : tool.name;
}

// True if there were any.
bool remove_server_tools(Request& request, const Target& target, Notes& notes) {
  for (std::size_t i = 0; i < request.tools.size(); ++i) {
    const Tool& tool = request.tools[i];
    if (tool.kind != Tool::Kind::Server) continue;
    if (target.settings.drop_server_tools) {
      notes.drop("tools");
      continue;
    }
    notes.reject("tools[" + std::to_string(i) + "].type",
                 "The tool \"" + name_of(tool) + "\" runs at another vendor and can't be used with this model.");
  }
  return std::erase_if(request.tools, [](const Tool& tool) { return tool.kind == Tool::Kind::Server; }) > 0;
}

// Gemini has no word for "any of these, or none": the others are not told to the model. Where one of them must be
// called they stay, for the sake of prompt caches.
void cut_down(Request& request, const ToolChoice& choice) {
  const std::set<std::string_view> allowed(choice.names.begin(), choice.names.end());
  std::erase_if(request.tools, [&](const Tool& tool) { return !allowed.contains(tool.name); });
}

// Tools that were left out can't be chosen.
void forget_missing(const std::vector<Tool>& tools, ToolChoice& choice) {
  std::set<std::string_view> known;
  for (const Tool& tool : tools) known.insert(tool.name);
  std::erase_if(choice.names, [&](const std::string& name) { return !known.contains(name); });
}

// The text that a custom tool's description gets when its input must follow a grammar. Responses has the grammar's
// members in the format itself, Chat in a member of it.
std::string grammar_text(const Json& format) {
  const Json& inner = members_of(format, "grammar");
  const Json& grammar = inner.empty() ? format : inner;
  const std::string_view definition = text_of(grammar, "definition");
  if (definition.empty()) return "";
  return "The input must follow this grammar (" + std::string(text_of(grammar, "syntax")) + "):\n" +
         std::string(definition);
}

std::string description_of(const Tool& tool) {
  std::string description = tool.description;
  if (tool.kind != Tool::Kind::Custom || !tool.format) return description;
  const std::string grammar = grammar_text(*tool.format);
  if (!grammar.empty() && !description.empty()) description += "\n\n";
  return description + grammar;
}

Json parameters_of(const Tool& tool) {
  if (tool.kind == Tool::Kind::Function) return tool.parameters.value_or_null();
  return {{"type", "object"},
          {"properties", {{"input", {{"type", "string"}}}}},
          {"required", Json::array({"input"})}};
}

// A schema that names no parameters is left out.
void put_parameters(const Tool& tool, bool takes_json_schema, SchemaBudget& budget, Json& declaration) {
  Json schema = parameters_of(tool);
  if (takes_json_schema) {
    if (names_parameters(schema)) declaration["parametersJsonSchema"] = std::move(schema);
    return;
  }
  schema = to_gemini_schema(schema, budget);
  if (names_parameters(schema)) declaration["parameters"] = std::move(schema);
}

// Gemini does not promise that calls keep to the schema.
bool is_strict_by_wish(const Request& request) {
  return std::any_of(request.tools.begin(), request.tools.end(),
                     [](const Tool& tool) { return tool.strict.value_or(false); });
}

void note_custom(const Tool& tool, canonical::ReplyRules& rules) {
  const auto alias = rules.tool_names.find(tool.name);
  rules.custom_tools.insert(alias == rules.tool_names.end() ? tool.name : alias->second);
}

}  // namespace

void fit_tools(Request& request, const Target& target, Notes& notes) {
  const bool had_server_tools = remove_server_tools(request, target, notes);
  if (request.parallel_tool_calls) {
    const bool is_messages = request.client == Dialect::Messages;
    notes.drop(is_messages ? "tool_choice.disable_parallel_tool_use" : "parallel_tool_calls");
  }
  if (is_strict_by_wish(request)) notes.drop("strict");
  if (!request.tool_choice) return;
  ToolChoice& choice = *request.tool_choice;
  const bool is_list = choice.kind == ToolChoice::Kind::Allowed;
  if (is_list && had_server_tools) forget_missing(request.tools, choice);
  if (is_list && !choice.required) cut_down(request, choice);
  const bool is_missing = is_list ? choice.names.empty()
                                  : choice.kind == ToolChoice::Kind::Named && !has_tool(request, choice.name);
  if (is_missing && !had_server_tools) {
    notes.reject("tool_choice", "\"tool_choice\" names a tool that is not in \"tools\".");
  }
  if (is_missing && had_server_tools) notes.drop("tool_choice");
  if (is_missing || request.tools.empty()) request.tool_choice.reset();
}

Json function_declarations(const Request& request, const Target& target, canonical::ReplyRules& rules) {
  Json declarations = Json::array();
  SchemaBudget budget;
  for (const Tool& tool : request.tools) {
    Json declaration = {{"name", tool.name}};
    if (std::string description = description_of(tool); !description.empty()) {
      declaration["description"] = std::move(description);
    }
    put_parameters(tool, target.can.json_schema_tools, budget, declaration);
    if (tool.kind == Tool::Kind::Custom) note_custom(tool, rules);
    declarations.push_back(std::move(declaration));
  }
  return declarations;
}

Json calling_config(const Request& request) {
  if (!request.tool_choice) return nullptr;
  const ToolChoice& choice = *request.tool_choice;
  switch (choice.kind) {
    case ToolChoice::Kind::Auto: return {{"mode", "AUTO"}};
    case ToolChoice::Kind::None: return {{"mode", "NONE"}};
    case ToolChoice::Kind::Required: return {{"mode", "ANY"}};
    case ToolChoice::Kind::Named: return {{"mode", "ANY"}, {"allowedFunctionNames", Json::array({choice.name})}};
    case ToolChoice::Kind::Allowed: break;
  }
  if (!choice.required) return {{"mode", "AUTO"}};
  return {{"mode", "ANY"}, {"allowedFunctionNames", choice.names}};
}

}  // namespace aigw::protocol::gemini
