#include "protocol/responses/tool_decoder.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

using canonical::item_param;
using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

void decode_function(const Json& given, const std::string& path, Tool& tool, Notes& notes) {
  tool.strict = flag_of(given, "strict");
  if (!has_member(given, "parameters")) return;
  const Json& parameters = *find_member(given, "parameters");
  if (!parameters.is_object()) {
    return notes.reject(path + ".parameters", "\"" + path + ".parameters\" must be a JSON Schema.");
  }
  tool.parameters = parameters;
}

// A grammar stands flat in its format here, and in a member of its own in Chat's.
Json chat_format(const Json& format) {
  if (text_of(format, "type") != "grammar" || has_member(format, "grammar")) return format;
  Json grammar = format;
  grammar.erase("type");
  return {{"type", "grammar"}, {"grammar", std::move(grammar)}};
}

Tool decode_tool(const Json& given, const std::string& path, Notes& notes) {
  const std::string_view type = text_of(given, "type");
  Tool tool;
  if (type.empty()) notes.reject(path + ".type", "\"" + path + ".type\" must be a kind of tool, as \"function\".");
  if (type != "function" && type != "custom") {
    tool.kind = Tool::Kind::Server;
    tool.name = type;
    tool.raw = given;
    return tool;
  }
  tool.name = text_of(given, "name");
  tool.description = text_of(given, "description");
  if (tool.name.empty()) notes.reject(path + ".name", "\"" + path + ".name\" must be a name.");
  if (type == "function") {
    decode_function(given, path, tool, notes);
  } else {
    tool.kind = Tool::Kind::Custom;
    if (const Json& format = members_of(given, "format"); !format.empty()) tool.format = chat_format(format);
  }
  return tool;
}

// The tool that an object means: its name, or its type where it runs at the vendor.
std::string named_in(const Json& choice) {
  const std::string_view type = text_of(choice, "type");
  const bool has_name = type == "function" || type == "custom" || type.empty();
  return std::string(has_name ? text_of(choice, "name") : type);
}

std::optional<ToolChoice> read_choice(const Json& choice) {
  ToolChoice read;
  if (choice == "auto") return read;
  read.kind = ToolChoice::Kind::None;
  if (choice == "none") return read;
  read.kind = ToolChoice::Kind::Required;
  if (choice == "required") return read;
  if (text_of(choice, "type") == "allowed_tools") {
    read.kind = ToolChoice::Kind::Allowed;
    read.required = text_of(choice, "mode") == "required";
    for (const Json& tool : items_of(choice, "tools")) read.names.push_back(named_in(tool));
    return read;
  }
  read.kind = ToolChoice::Kind::Named;
  read.name = named_in(choice);
  return read.name.empty() ? std::nullopt : std::optional(std::move(read));
}

}  // namespace

void decode_tool_list(const Json& list, const std::string& path, Request& request, Notes& notes) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    request.tools.push_back(decode_tool(list[i], item_param(path, i), notes));
  }
}

void decode_tool_choice(const Json& choice, Request& request, Notes& notes) {
  request.tool_choice = read_choice(choice);
  if (!request.tool_choice) {
    return notes.reject("tool_choice", "\"tool_choice\" must be \"none\", \"auto\", \"required\" or name a tool.");
  }
  if (request.knows_chosen_tools()) return;
  notes.reject("tool_choice", "\"tool_choice\" names a tool that is not in \"tools\".");
}

}  // namespace aigw::protocol::responses
