#include "protocol/chat/tool_decoder.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/chat/content_decoder.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::item_param;
using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

// Tools that run at Anthropic, by the beginnings of their types; what follows is a date.
constexpr std::string_view kServerTools[] = {"web_search_", "web_fetch_",   "code_execution_", "bash_",
                                             "text_editor_", "computer_", "memory_"};

bool is_server_tool(std::string_view type) {
  return std::any_of(std::begin(kServerTools), std::end(kServerTools),
                     [&](std::string_view beginning) { return starts_with(type, beginning); });
}

// `path` is that of the function, `tools[1].function`.
Tool decode_function(const Json& function, const std::string& path, Notes& notes) {
  Tool tool;
  tool.name = text_of(function, "name");
  tool.description = text_of(function, "description");
  tool.strict = flag_of(function, "strict");
  if (tool.name.empty()) notes.reject(path + ".name", "\"" + path + ".name\" must be a name.");
  const Json* const parameters = find_member(function, "parameters");
  if (parameters == nullptr || parameters->is_null()) return tool;
  if (parameters->is_object()) {
    tool.parameters = *parameters;
  } else {
    notes.reject(path + ".parameters", "\"" + path + ".parameters\" must be a JSON Schema.");
  }
  return tool;
}

Tool decode_custom(const Json& custom, const std::string& path, Notes& notes) {
  Tool tool;
  tool.kind = Tool::Kind::Custom;
  tool.name = text_of(custom, "name");
  tool.description = text_of(custom, "description");
  if (const Json& format = members_of(custom, "format"); !format.empty()) tool.format = format;
  if (tool.name.empty()) notes.reject(path + ".name", "\"" + path + ".name\" must be a name.");
  return tool;
}

Tool decode_server_tool(const Json& tool) {
  Tool decoded;
  decoded.kind = Tool::Kind::Server;
  decoded.name = text_of(tool, "name");
  decoded.raw = tool;
  return decoded;
}

Tool decode_tool(const Json& tool, const std::string& path, Notes& notes) {
  const std::string_view type = text_of(tool, "type");
  if (is_server_tool(type)) return decode_server_tool(tool);
  Tool decoded;
  if (type == "custom") {
    decoded = decode_custom(members_of(tool, "custom"), path + ".custom", notes);
    decoded.cache = decode_mark(members_of(tool, "custom"));
  } else if (type == "function" || (type.empty() && has_member(tool, "function"))) {
    decoded = decode_function(members_of(tool, "function"), path + ".function", notes);
    decoded.cache = decode_mark(members_of(tool, "function"));
  } else {
    notes.reject(path + ".type", "\"" + path + ".type\" must be \"function\" or \"custom\".");
  }
  if (const auto mark = decode_mark(tool)) decoded.cache = mark;
  return decoded;
}

void decode_list(RequestFields& fields, const char* name, Request& request) {
  const Json* const list = fields.take(name);
  if (list == nullptr) return;
  if (!list->is_array()) return fields.reject(name, "must be an array");
  const bool is_legacy = std::string_view(name) == "functions";
  if (is_legacy && !list->empty()) request.legacy_functions = true;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string path = item_param(name, i);
    const Json& item = (*list)[i];
    request.tools.push_back(is_legacy ? decode_function(item, path, fields.notes())
                                      : decode_tool(item, path, fields.notes()));
  }
}

// The name in `{type:"function",function:{name}}`, `{type:"custom",custom:{name}}` and legacy `{name}`.
std::string named_in(const Json& choice) {
  for (const char* kind : {"function", "custom"}) {
    if (const Json& callee = members_of(choice, kind); !callee.empty()) return std::string(text_of(callee, "name"));
  }
  return std::string(text_of(choice, "name"));
}

std::optional<ToolChoice> read_choice(const Json& choice) {
  ToolChoice read;
  if (choice == "auto") return read;
  read.kind = ToolChoice::Kind::None;
  if (choice == "none") return read;
  read.kind = ToolChoice::Kind::Required;
  if (choice == "required") return read;
  if (text_of(choice, "type") == "allowed_tools") {
    const Json& allowed = members_of(choice, "allowed_tools");
    read.kind = ToolChoice::Kind::Allowed;
    read.required = text_of(allowed, "mode") == "required";
    for (const Json& tool : items_of(allowed, "tools")) read.names.push_back(named_in(tool));
    return read;
  }
  read.kind = ToolChoice::Kind::Named;
  read.name = named_in(choice);
  return read.name.empty() ? std::nullopt : std::optional(std::move(read));
}

void decode_choice(RequestFields& fields, const char* field, Request& request) {
  const Json* const choice = fields.take(field);
  if (choice == nullptr) return;
  request.tool_choice = read_choice(*choice);
  if (!request.tool_choice) {
    return fields.reject(field, "must be \"none\", \"auto\", \"required\" or name one of the tools");
  }
  if (!request.knows_chosen_tools()) fields.reject(field, "names a tool that is not in \"tools\"");
}

}  // namespace

void decode_tools(RequestFields& fields, Request& request) {
  decode_list(fields, "tools", request);
  decode_list(fields, "functions", request);
  decode_choice(fields, "function_call", request);
  decode_choice(fields, "tool_choice", request);
  request.parallel_tool_calls = fields.take_flag("parallel_tool_calls");
}

}  // namespace aigw::protocol::chat
