#include "protocol/messages/output_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/json_read.h"
#include "protocol/messages/schema.h"

namespace aigw::protocol::messages {
namespace {

using canonical::kJsonTool;
using canonical::OutputFormat;

constexpr const char* kAskForObject =
    "Answer with exactly one JSON object and nothing around it: no text before or after it, no Markdown code fence.";
constexpr const char* kAskForTool =
    "Give your final answer by calling the tool json_response: the input of that call is the answer. Write no text "
    "around it.";
constexpr const char* kToolDescription = "Gives the final answer in the form that is wanted.";

Json described_schema(const OutputFormat& format) {
  Json schema = *format.schema;
  if (!format.description.empty() && text_of(schema, "description").empty()) schema["description"] = format.description;
  return schema;
}

Json json_tool(const OutputFormat& format, canonical::ReplyRules& rules) {
  rules.json_tool = true;
  rules.json_tool_wrapped = !describes_object(*format.schema);
  std::string description = format.description.empty() ? kToolDescription : format.description;
  Json schema = rules.json_tool_wrapped ? wrapped_schema(*format.schema) : input_schema(*format.schema, description);
  return Json{{"name", kJsonTool}, {"description", std::move(description)}, {"input_schema", std::move(schema)}};
}

// The answer comes through the reserved tool: forced where nothing stands against it, asked for otherwise.
std::string use_json_tool(const canonical::Request& request, bool thinks, ToolSet& tools, canonical::ReplyRules& rules,
                          canonical::Notes& notes) {
  Json list = tools.list ? std::move(*tools.list) : Json::array();
  const auto is_reserved = [](const Json& tool) { return text_of(tool, "name") == kJsonTool; };
  if (tools.only_named) {
    list.erase(std::remove_if(list.begin(), list.end(), is_reserved), list.end());
  } else if (std::any_of(list.begin(), list.end(), is_reserved)) {
    notes.reject("tools", "tools: the name \"json_response\" is reserved where an output by schema is asked for");
  }
  list.push_back(json_tool(*request.format, rules));
  tools.list = std::move(list);
  if (tools.only_named && !thinks) {
    tools.choice = Json{{"type", "tool"}, {"name", kJsonTool}, {"disable_parallel_tool_use", true}};
    return "";
  }
  if (tools.choice && text_of(*tools.choice, "type") == "none") {
    tools.choice = Json{{"type", "auto"}};
    if (!request.parallel_tool_calls.value_or(true)) (*tools.choice)["disable_parallel_tool_use"] = true;
  }
  return kAskForTool;
}

}  // namespace

OutputForm encode_output_format(const canonical::Request& request, const Target& target, bool thinks, ToolSet& tools,
                                canonical::ReplyRules& rules, canonical::Notes& notes) {
  OutputForm form;
  if (!request.format) return form;
  const bool by_schema = request.format->kind == OutputFormat::Kind::JsonSchema && request.format->schema &&
                         request.format->schema->is_object();
  if (!by_schema) {
    rules.strip_fence = true;
    form.instruction = kAskForObject;
  } else if (target.can.structured_outputs) {
    form.format = Json{{"type", "json_schema"}, {"schema", cleaned_schema(described_schema(*request.format))}};
  } else {
    form.instruction = use_json_tool(request, thinks, tools, rules, notes);
  }
  return form;
}

}  // namespace aigw::protocol::messages
