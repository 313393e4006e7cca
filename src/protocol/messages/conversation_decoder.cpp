#include "protocol/messages/conversation_decoder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/messages/block_decoder.h"

namespace aigw::protocol::messages {
namespace {

using canonical::item_param;
using canonical::Message;
using canonical::Notes;
using canonical::Part;
using canonical::Role;

using Parts = std::vector<Part>;

// A line of Claude Code's, different in each request, that only Anthropic reads: it would spoil the others' prompt
// caches (§5.1).
constexpr std::string_view kBookkeeping = "x-anthropic-billing-header:";

void append(std::vector<Message>& messages, Role role, Parts parts) {
  if (!parts.empty()) messages.push_back(Message{role, std::move(parts)});
}

// Calls `decode` with each block of a content that is an array; a string is one block of text.
template <typename Decode>
void for_each_block(const Json* content, const std::string& path, Notes& notes, const Decode& decode) {
  if (content != nullptr && content->is_string()) return decode(Json{{"type", "text"}, {"text", *content}}, path);
  if (content == nullptr || !content->is_array()) return refuse(notes, path, "expected text or blocks");
  for (std::size_t i = 0; i < content->size(); ++i) decode((*content)[i], item_param(path, i));
}

Parts instructions_in(const Json* content, const std::string& path, Notes& notes) {
  Parts parts;
  for_each_block(content, path, notes, [&](const Json& block, const std::string& place) {
    if (text_of(block, "type") != "text") return refuse(notes, place + ".type", "expected text");
    if (!starts_with(text_of(block, "text"), kBookkeeping)) decode_text_block(block, place, parts, notes);
  });
  std::erase_if(parts, [](const Part& part) { return canonical::as<canonical::Text>(part)->text.empty(); });
  return parts;
}

// Instructions in the midst of what a person says, whichever member they stand in.
Parts instructions_of_block(const Json& block, const std::string& path, Notes& notes) {
  const char* const name = has_member(block, "text") ? "text" : "content";
  return instructions_in(find_member(block, name), path + "." + name, notes);
}

// Results first, for they must follow the calls at once; then the rest, split where instructions stand in it.
void decode_user(const Json& message, const std::string& path, std::vector<Message>& messages, Notes& notes) {
  Parts results;
  std::vector<Message> rest;
  Parts parts;
  for_each_block(find_member(message, "content"), path + ".content", notes,
                 [&](const Json& block, const std::string& place) {
                   const std::string_view type = text_of(block, "type");
                   if (type == "tool_result") return decode_tool_result(block, place, results, notes);
                   if (type != "mid_conv_system") return decode_content_block(block, place, parts, notes);
                   append(rest, Role::User, std::exchange(parts, {}));
                   append(rest, Role::System, instructions_of_block(block, place, notes));
                 });
  append(rest, Role::User, std::move(parts));
  append(messages, Role::Tool, std::move(results));
  for (Message& one : rest) messages.push_back(std::move(one));
}

void decode_assistant(const Json& message, const std::string& path, std::vector<Message>& messages, Notes& notes) {
  Parts parts;
  for_each_block(find_member(message, "content"), path + ".content", notes,
                 [&](const Json& block, const std::string& place) {
                   decode_assistant_block(block, place, parts, notes);
                 });
  append(messages, Role::Assistant, std::move(parts));
}

}  // namespace

void refuse(Notes& notes, const std::string& path, std::string_view why) {
  notes.reject(path, path + ": " + std::string(why));
}

std::optional<canonical::CacheMark> cache_mark_of(const Json& block) {
  const Json* const control = find_member(block, "cache_control");
  if (control == nullptr || !control->is_object()) return std::nullopt;
  return canonical::cache_mark(text_of(*control, "ttl"));
}

void decode_system(const Json& system, std::vector<Message>& messages, Notes& notes) {
  append(messages, Role::System, instructions_in(&system, "system", notes));
}

void decode_messages(const Json& list, std::vector<Message>& messages, Notes& notes) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = item_param("messages", i);
    const std::string_view role = text_of(list[i], "role");
    if (role == "user") {
      decode_user(list[i], path, messages, notes);
    } else if (role == "assistant") {
      decode_assistant(list[i], path, messages, notes);
    } else if (role == "system") {
      append(messages, Role::System, instructions_in(find_member(list[i], "content"), path + ".content", notes));
    } else {
      refuse(notes, path + ".role", "expected user, assistant or system");
    }
  }
}

}  // namespace aigw::protocol::messages
