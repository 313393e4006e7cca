#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/json_read.h"
#include "protocol/json_string.h"
#include "protocol/messages/events.h"
#include "protocol/messages/joiner.h"

namespace aigw::protocol::messages {
namespace {

// Members of a message that a stream tells at its end.
constexpr const char* kLateMembers[] = {"stop_reason", "stop_sequence", "stop_details", "container"};
// Members of its usage that count what is not there yet when the stream begins.
constexpr const char* kLateCounts[] = {"output_tokens_details", "server_tool_use"};

// Providers refuse such a block when it comes back (§9.1 "No empty text block").
bool is_void(const Json& block) {
  return text_of(block, "type") == "text" && text_of(block, "text").empty() && items_of(block, "citations").empty();
}

class BlockSplitter {
 public:
  BlockSplitter(std::size_t index, std::string& frames)
      : index_(",\"index\":" + std::to_string(index)), frames_(frames) {}

  void write(const Json& block) {
    const std::string_view type = text_of(block, "type");
    if (type == "text") {
      write_text(block);
    } else if (type == "thinking") {
      write_thinking(block);
    } else if (find_member(block, "input") != nullptr && find_member(block, "input")->is_object()) {
      write_call(block);
    } else {
      write_start(block);
    }
    frames_ += event_frame("content_block_stop", index_);
  }

 private:
  void write_start(const Json& block) {
    frames_ += event_frame("content_block_start", index_ + ",\"content_block\":" + dump(block));
  }

  // `value` is JSON text.
  void write_delta(std::string_view type, std::string_view member, std::string_view value) {
    std::string members = index_;
    members.append(",\"delta\":{\"type\":\"").append(type).append("\",\"").append(member).append("\":");
    members.append(value).append("}");
    frames_ += event_frame("content_block_delta", members);
  }

  void write_text_delta(std::string_view type, std::string_view member, std::string_view text) {
    if (!text.empty()) write_delta(type, member, quote(text));
  }

  void write_text(const Json& block) {
    Json start = block;
    start["text"] = "";
    const Json& citations = items_of(block, "citations");
    if (!citations.empty()) start["citations"] = Json::array();
    write_start(start);
    write_text_delta("text_delta", "text", text_of(block, "text"));
    for (const Json& citation : citations) write_delta("citations_delta", "citation", dump(citation));
  }

  void write_thinking(const Json& block) {
    Json start = block;
    start["thinking"] = "";
    start["signature"] = "";
    write_start(start);
    write_text_delta("thinking_delta", "thinking", text_of(block, "thinking"));
    write_delta("signature_delta", "signature", quote(text_of(block, "signature")));
  }

  void write_call(const Json& block) {
    Json start = block;
    start["input"] = Json::object();
    write_start(start);
    write_delta("input_json_delta", "partial_json", quote(dump(block.at("input"))));
  }

  const std::string index_;
  std::string& frames_;
};

std::string start_frame(const Json& message) {
  Json start = message;
  start["content"] = Json::array();
  for (const char* const name : {"stop_reason", "stop_sequence"}) start[name] = nullptr;
  for (const char* const name : kLateMembers) {
    if (start.contains(name)) start[name] = nullptr;
  }
  // Clients read both counts without asking whether they are there.
  Json& usage = start["usage"];
  if (!usage.is_object()) usage = Json{{"input_tokens", 0}};
  usage["output_tokens"] = 0;
  for (const char* const name : kLateCounts) usage.erase(name);
  return event_frame("message_start", ",\"message\":" + dump(start));
}

std::string ending_frame(const Json& message) {
  Json delta = {{"stop_reason", nullptr}, {"stop_sequence", nullptr}};
  for (const char* const name : kLateMembers) {
    if (const Json* const member = find_member(message, name)) delta[name] = *member;
  }
  Json usage = members_of(message, "usage");
  if (!usage.contains("output_tokens")) usage["output_tokens"] = 0;
  return event_frame("message_delta", ",\"delta\":" + dump(delta) + ",\"usage\":" + dump(usage));
}

}  // namespace

Result<std::string> split(std::string_view answer) {
  const Result<Json> message = parse_object(answer);
  if (!message) return message.error();
  const Json* const content = find_member(*message, "content");
  if (content == nullptr || !content->is_array()) return Error{ErrorKind::Garbled, "the answer has no content"};
  std::string frames = start_frame(*message);
  std::size_t index = 0;
  for (const Json& block : *content) {
    if (block.is_object() && !is_void(block)) BlockSplitter(index++, frames).write(block);
  }
  frames += ending_frame(*message);
  frames += event_frame("message_stop", "");
  return frames;
}

}  // namespace aigw::protocol::messages
