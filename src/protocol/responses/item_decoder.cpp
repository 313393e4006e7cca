#include "protocol/responses/item_decoder.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"
#include "protocol/responses/content_decoder.h"
#include "protocol/responses/tool_decoder.h"

namespace aigw::protocol::responses {
namespace {

using canonical::Message;
using canonical::Notes;
using canonical::Part;
using canonical::Request;
using canonical::Role;
using canonical::Vendor;

// What ran at the vendor says nothing to another one; a trailing `*` stands for anything.
constexpr std::string_view kHosted[] = {
    "web_search_call",  "file_search_call", "code_interpreter_call", "mcp_*",       "image_generation_call",
    "computer_call",    "shell_call",       "local_shell_call",      "tool_search*", "apply_patch_call",
    "compaction*",      "program*"};

// The client answers a call that was dropped: the model would be told half of what happened.
constexpr std::string_view kHostedOutputs[] = {"computer_call_output", "shell_call_output", "local_shell_call_output",
                                               "apply_patch_call_output"};

bool fits(std::string_view pattern, std::string_view type) {
  const bool is_prefix = ends_with(pattern, "*");
  return is_prefix ? starts_with(type, pattern.substr(0, pattern.size() - 1)) : type == pattern;
}

bool is_one_of(std::string_view type, const std::string_view* begin, const std::string_view* end) {
  return std::any_of(begin, end, [&](std::string_view pattern) { return fits(pattern, type); });
}

// The visible text: `content`, or else the summary. Parts are paragraphs.
std::string text_of_reasoning(const Json& item) {
  const Json& content = items_of(item, "content");
  std::string text;
  for (const Json& part : content.empty() ? items_of(item, "summary") : content) {
    if (!text.empty()) text += "\n\n";
    text += text_of(part, "text");
  }
  return text;
}

class ItemsDecoder {
 public:
  ItemsDecoder(Request& request, Notes& notes) : request_(request), notes_(notes) {}

  void decode(const Json& item, const std::string& path);

 private:
  void decode_message(const Json& item, const std::string& path);
  void decode_call(const Json& item, const std::string& path, bool custom);
  void decode_result(const Json& item, const std::string& path);
  void decode_reasoning(const Json& item);
  void decode_more_tools(const Json& item, const std::string& path);
  void refuse_or_drop(std::string_view type, const std::string& path);

  // The message that parts of that role go on with: the last one, if it is of that role.
  Message& message_of(Role role);
  std::string name_of(const Json& item, const std::string& path);

  Request& request_;
  Notes& notes_;
};

void ItemsDecoder::decode(const Json& item, const std::string& path) {
  if (!item.is_object()) return notes_.reject(path, "\"" + path + "\" must be an object.");
  const std::string_view type = text_of(item, "type");
  if (type == "message" || (type.empty() && has_member(item, "role"))) return decode_message(item, path);
  if (type == "function_call") return decode_call(item, path, false);
  if (type == "custom_tool_call") return decode_call(item, path, true);
  if (type == "function_call_output" || type == "custom_tool_call_output") return decode_result(item, path);
  if (type == "reasoning") return decode_reasoning(item);
  if (type == "additional_tools") return decode_more_tools(item, path + ".tools");
  if (type == "item_reference" || (type.empty() && has_member(item, "id"))) {
    return notes_.reject(path, "The gateway keeps no responses, so \"" + path +
                                   "\" can't refer to an item: send the item itself.");
  }
  refuse_or_drop(type, path);
}

void ItemsDecoder::refuse_or_drop(std::string_view type, const std::string& path) {
  if (is_one_of(type, std::begin(kHosted), std::end(kHosted))) return notes_.drop(type);
  const std::string param = path + ".type";
  if (is_one_of(type, std::begin(kHostedOutputs), std::end(kHostedOutputs))) {
    return notes_.reject(param, "\"" + std::string(type) + "\" answers a tool that this model does not have.");
  }
  notes_.reject(param, "\"" + param + "\" can't be \"" + std::string(type) + "\".");
}

void ItemsDecoder::decode_message(const Json& item, const std::string& path) {
  const std::string_view role = text_of(item, "role");
  const bool is_told = role == "system" || role == "developer";
  if (!is_told && role != "user" && role != "assistant") {
    const std::string param = path + ".role";
    return notes_.reject(param, "\"" + param + "\" must be \"user\", \"assistant\", \"system\" or \"developer\".");
  }
  const PartSet allowed = is_told ? PartSet::Text : role == "user" ? PartSet::Media : PartSet::Refusal;
  const Json* const content = find_member(item, "content");
  // The model may have said nothing, as in a turn of calls alone.
  if (role == "assistant" && !has_member(item, "content")) return;
  std::vector<Part> parts = decode_content(content != nullptr ? *content : Json(), allowed, path + ".content", notes_);
  if (role != "assistant") {
    request_.messages.push_back({is_told ? Role::System : Role::User, std::move(parts), role == "developer"});
    return;
  }
  for (Part& part : parts) {
    const auto* const text = canonical::as<canonical::Text>(part);
    if (text == nullptr || !text->text.empty()) message_of(Role::Assistant).parts.push_back(std::move(part));
  }
}

Message& ItemsDecoder::message_of(Role role) {
  if (request_.messages.empty() || request_.messages.back().role != role) request_.messages.push_back({role, {}});
  return request_.messages.back();
}

std::string ItemsDecoder::name_of(const Json& item, const std::string& path) {
  const std::string_view name = text_of(item, "name");
  if (name.empty()) notes_.reject(path + ".name", "\"" + path + ".name\" must be the name of a tool.");
  return std::string(name);
}

void ItemsDecoder::decode_call(const Json& item, const std::string& path, bool custom) {
  canonical::ToolCall call;
  call.id = text_of(item, "call_id");
  call.name = name_of(item, path);
  call.custom = custom;
  const char* const member = custom ? "input" : "arguments";
  call.arguments = text_of(item, member);
  if (has_member(item, member) && !find_member(item, member)->is_string()) {
    const std::string param = path + "." + member;
    notes_.reject(param, "\"" + param + "\" must be a string.");
  }
  std::vector<Part>& parts = message_of(Role::Assistant).parts;
  const auto* const before = parts.empty() ? nullptr : canonical::as<canonical::Thinking>(parts.back());
  if (before != nullptr && before->vendor == Vendor::Google && before->text.empty()) {
    call.google_signature = before->proof;
    parts.pop_back();
  }
  parts.push_back({std::move(call), std::nullopt});
}

void ItemsDecoder::decode_result(const Json& item, const std::string& path) {
  canonical::ToolResult result;
  result.call_id = text_of(item, "call_id");
  if (has_member(item, "output")) {
    result.content = decode_content(*find_member(item, "output"), PartSet::Media, path + ".output", notes_);
  }
  message_of(Role::Tool).parts.push_back({std::move(result), std::nullopt});
}

void ItemsDecoder::decode_reasoning(const Json& item) {
  canonical::Proof proof = canonical::unseal(text_of(item, "encrypted_content"), Vendor::OpenAi);
  canonical::Thinking thinking{text_of_reasoning(item), proof.vendor, std::move(proof.data), proof.redacted};
  if (thinking.text.empty() && thinking.proof.empty()) return;
  message_of(Role::Assistant).parts.push_back({std::move(thinking), std::nullopt});
}

void ItemsDecoder::decode_more_tools(const Json& item, const std::string& path) {
  if (has_member(item, "tools") && !find_member(item, "tools")->is_array()) {
    return notes_.reject(path, "\"" + path + "\" must be an array.");
  }
  decode_tool_list(items_of(item, "tools"), path, request_, notes_);
}

}  // namespace

void decode_input(const Json& input, Request& request, Notes& notes) {
  if (input.is_string()) {
    request.messages.push_back({Role::User, decode_content(input, PartSet::Media, "input", notes)});
    return;
  }
  if (!input.is_array()) return notes.reject("input", "\"input\" must be a string or an array of items.");
  ItemsDecoder items(request, notes);
  for (std::size_t i = 0; i < input.size(); ++i) items.decode(input[i], "input[" + std::to_string(i) + "]");
}

}  // namespace aigw::protocol::responses
