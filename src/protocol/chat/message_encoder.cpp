#include "protocol/chat/message_encoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/chat/content_encoder.h"
#include "protocol/canonical/server_block.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Message;
using canonical::Part;
using canonical::Role;
using canonical::Text;

void append_line(std::string& text, std::string_view line, std::string_view separator) {
  if (!text.empty()) text += separator;
  text += line;
}

// What the model saw of images and files in a tool's result: notes in their place, and the parts for the user
// message that follows, for a `tool` message takes text only.
struct Carried {
  Json parts = Json::array();
  int images = 0;
  int others = 0;
};

class MessagesEncoder {
 public:
  MessagesEncoder(const canonical::Request& request, const config::Capabilities& can, canonical::Notes& notes)
      : request_(request), can_(can), content_(can, notes) {}

  Json encode() {
    for (const Message& message : request_.messages) {
      if (message.role != Role::Tool && message.role != Role::User) release_carried();
      switch (message.role) {
        case Role::System: add_system(message); break;
        case Role::User: add_user(message); break;
        case Role::Assistant: add_assistant(message); break;
        case Role::Tool: add_results(message); break;
      }
    }
    release_carried();
    return std::move(messages_);
  }

 private:
  void add(Json message) { messages_.push_back(std::move(message)); }

  void add_system(const Message& message) {
    Json parts = Json::array();
    for (const Part& part : message.parts) {
      const auto* text = canonical::as<Text>(part);
      if (text == nullptr || text->text.empty()) continue;
      parts.push_back(content_.text_part(text->text, part.cache));
    }
    if (parts.empty()) return;
    Json content = can_.system_parts ? plain_if_one_text(std::move(parts)) : Json(joined(parts));
    const std::string role = message.developer ? "developer" : "system";
    add({{"role", can_.system_role.empty() ? role : can_.system_role}, {"content", std::move(content)}});
  }

  // Blocks of Messages are paragraphs of their own; elsewhere they are lines (§3.2, §5.1).
  std::string joined(const Json& parts) const {
    std::string text;
    for (const Json& part : parts) {
      append_line(text, part["text"].get_ref<const std::string&>(),
                  request_.client == Dialect::Messages ? "\n\n" : "\n");
    }
    return text;
  }

  void add_user(const Message& message) {
    Json parts = std::move(std::exchange(carried_, {}).parts);
    for (const Part& part : message.parts) add_part(part, parts);
    if (!parts.empty()) add({{"role", "user"}, {"content", plain_if_one_text(std::move(parts))}});
  }

  void add_part(const Part& part, Json& parts) {
    if (const auto* text = canonical::as<Text>(part)) parts.push_back(content_.text_part(text->text, part.cache));
    if (const auto* media = canonical::as<canonical::Media>(part)) content_.add_media(*media, part.cache, parts);
  }

  void release_carried() {
    Json parts = std::move(std::exchange(carried_, {}).parts);
    if (!parts.empty()) add({{"role", "user"}, {"content", std::move(parts)}});
  }

  void add_results(const Message& message) {
    for (const Part& part : message.parts) {
      if (const auto* result = canonical::as<canonical::ToolResult>(part)) add_result(*result, part);
    }
  }

  void add_result(const canonical::ToolResult& result, const Part& part) {
    std::optional<canonical::CacheMark> mark = part.cache;
    std::string text;
    for (const Part& piece : result.content) {
      if (piece.cache) mark = piece.cache;
      append_line(text, result_line(piece), "\n");
    }
    if (result.is_error && !starts_with(lower(text), "error")) text.insert(0, "Error: ");
    Json parts = Json::array({content_.text_part(text, mark)});
    add({{"role", "tool"}, {"tool_call_id", result.call_id}, {"content", plain_if_one_text(std::move(parts))}});
  }

  std::string result_line(const Part& piece) {
    if (const auto* text = canonical::as<Text>(piece)) return text->text;
    const auto* media = canonical::as<canonical::Media>(piece);
    if (media == nullptr) return "";
    Json parts = Json::array();
    content_.add_media(*media, std::nullopt, parts);
    if (media->kind == canonical::Media::Kind::TextDocument) return parts.at(0).at("text").get<std::string>();
    for (Json& carried : parts) carried_.parts.push_back(std::move(carried));
    const bool is_image = media->kind == canonical::Media::Kind::Image;
    const bool is_audio = media->kind == canonical::Media::Kind::Audio;
    const std::string number = std::to_string(++(is_image ? carried_.images : carried_.others));
    return std::string(is_image ? "[image " : is_audio ? "[audio " : "[document ") + number + " follows]";
  }

  void add_assistant(const Message& message);

  const canonical::Request& request_;
  const config::Capabilities& can_;
  ContentEncoder content_;
  Json messages_ = Json::array();
  Carried carried_;
};

Json encode_call(const canonical::ToolCall& call, bool native_custom) {
  if (call.custom && native_custom) {
    return {{"id", call.id}, {"type", "custom"}, {"custom", {{"name", call.name}, {"input", call.arguments}}}};
  }
  std::string arguments = call.arguments;
  if (call.custom) {
    arguments = dump({{"input", call.arguments}});
  } else if (trim(arguments).empty()) {
    arguments = "{}";
  }
  return {{"id", call.id},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", std::move(arguments)}}}};
}

// An assistant's turn while its parts are gathered.
struct Turn {
  Json parts = Json::array();  // of text
  std::string text;            // the same as one string
  bool has_mark = false;
  std::string reasoning;
  std::string refusal;
  Json calls = Json::array();
  std::optional<canonical::CacheMark> call_mark;
};

bool has_only_reasoning(const Message& message) {
  return !message.parts.empty() && std::all_of(message.parts.begin(), message.parts.end(), [](const Part& part) {
    return canonical::as<canonical::Thinking>(part) != nullptr;
  });
}

void MessagesEncoder::add_assistant(const Message& message) {
  Turn turn;
  const auto add_text = [&](std::string_view text, const std::optional<canonical::CacheMark>& mark) {
    if (text.empty()) return;
    Json part = content_.text_part(text, mark);
    turn.has_mark = turn.has_mark || part.size() > 2;
    turn.parts.push_back(std::move(part));
    append_line(turn.text, text, "\n");
  };
  for (const Part& part : message.parts) {
    if (const auto* text = canonical::as<Text>(part)) add_text(text->text, part.cache);
    if (const auto* refusal = canonical::as<canonical::Refusal>(part)) turn.refusal += refusal->text;
    if (const auto* thinking = canonical::as<canonical::Thinking>(part)) turn.reasoning += thinking->text;
    if (const auto* call = canonical::as<canonical::ToolCall>(part)) {
      turn.calls.push_back(encode_call(*call, can_.custom_tools));
      turn.call_mark = part.cache;
    }
    if (const auto* block = canonical::as<canonical::ServerToolBlock>(part)) {
      const std::string line = canonical::server_block_text(*block->block);
      add_text(trim(line), std::nullopt);
    }
  }
  Json content = turn.has_mark ? std::move(turn.parts) : Json(turn.text);
  const bool says_something_else = !turn.calls.empty() || !turn.refusal.empty();
  if (turn.text.empty()) content = says_something_else ? Json() : Json("");
  Json encoded = {{"role", "assistant"}, {"content", std::move(content)}};
  if (can_.reasoning_replay && !turn.reasoning.empty()) encoded["reasoning_content"] = turn.reasoning;
  if (!turn.refusal.empty()) encoded["refusal"] = turn.refusal;
  if (!turn.calls.empty()) encoded["tool_calls"] = std::move(turn.calls);
  content_.put_cache_control(encoded, turn.call_mark);
  // Reasoning that is not sent leaves nothing of the turn (§3.6).
  const bool is_left = encoded.size() > 2 || !turn.text.empty() || !has_only_reasoning(message);
  if (is_left) add(std::move(encoded));
}

}  // namespace

Json encode_messages(const canonical::Request& request, const Target& target, canonical::Notes& notes) {
  return MessagesEncoder(request, target.can, notes).encode();
}

}  // namespace aigw::protocol::chat
