#include "protocol/messages/conversation_encoder.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/arguments.h"
#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"
#include "protocol/messages/media_block.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Message;
using canonical::Notes;
using canonical::Part;
using canonical::Role;

bool is_text(const Json& block) {
  const Json* const text = find_member(block, "text");
  return text_of(block, "type") == "text" && text != nullptr && text->is_string();
}

// What the client calls the place of its content.
std::string_view content_field(Dialect client) {
  if (client == Dialect::Responses) return "input";
  return client == Dialect::Completions ? "prompt" : "messages";
}

class BlockWriter {
 public:
  BlockWriter(Dialect client, const config::Capabilities& can, Notes& notes)
      : field_(content_field(client)), can_(can), notes_(notes) {}

  std::string_view field() const { return field_; }

  // Appends the part's block. What Messages does not take back (blank text, the thoughts of others) is left out.
  void write(Part& part, Json& blocks) {
    Json block = std::visit([this](auto& content) { return block_of(content); }, part.content);
    if (block.is_null()) return;
    if (part.cache && !canonical::as<canonical::Thinking>(part)) block["cache_control"] = cache_control(*part.cache);
    blocks.push_back(std::move(block));
  }

 private:
  static Json text_or_nothing(std::string& text) { return is_blank(text) ? Json() : text_block(std::move(text)); }

  Json block_of(canonical::Text& text) { return text_or_nothing(text.text); }
  Json block_of(canonical::Refusal& refusal) { return text_or_nothing(refusal.text); }
  Json block_of(canonical::Media& media) { return media_block(std::move(media), can_, field_, notes_); }
  Json block_of(canonical::ServerToolBlock& server) { return server.block.value_or_null(); }

  Json block_of(canonical::Thinking& thinking) {
    if (!canonical::takes_back(Dialect::Messages, thinking)) return {};
    if (thinking.redacted) return Json{{"type", "redacted_thinking"}, {"data", std::move(thinking.proof)}};
    return Json{{"type", "thinking"},
                {"thinking", std::move(thinking.text)},
                {"signature", std::move(thinking.proof)}};
  }

  Json block_of(canonical::ToolCall& call) {
    Json input = call.custom ? Json{{"input", std::move(call.arguments)}} : canonical::arguments_object(call.arguments);
    return Json{{"type", "tool_use"},
                {"id", std::move(call.id)},
                {"name", std::move(call.name)},
                {"input", std::move(input)}};
  }

  Json block_of(canonical::ToolResult& result) {
    Json block{{"type", "tool_result"}, {"tool_use_id", std::move(result.call_id)}};
    Json content = Json::array();
    for (Part& part : result.content) write(part, content);
    if (!content.empty()) block["content"] = as_content(std::move(content));
    if (result.is_error) block["is_error"] = true;
    return block;
  }

  std::string_view field_;
  const config::Capabilities& can_;
  Notes& notes_;
};

auto after_instructions(const std::vector<Message>& messages) {
  return std::find_if(messages.begin(), messages.end(), [](const Message& one) { return one.role != Role::System; });
}

constexpr std::string_view kUser = "user";

std::string_view role_of(Role role) {
  switch (role) {
    case Role::System: return "system";
    case Role::Assistant: return "assistant";
    default: return kUser;
  }
}

// Anthropic refuses white space at the end of the text that it shall go on with.
void trim_prefill(Json& blocks) {
  const auto last = std::find_if(blocks.rbegin(), blocks.rend(), is_text);
  if (last == blocks.rend()) return;
  auto& text = (*last)["text"].get_ref<std::string&>();
  text.resize(trim_end(text).size());
}

}  // namespace

Json text_block(std::string text) { return Json{{"type", "text"}, {"text", std::move(text)}}; }

Json as_content(Json blocks) {
  if (blocks.size() != 1 || !is_text(blocks[0]) || blocks[0].contains("cache_control")) return blocks;
  return std::move(blocks[0]["text"]);
}

Json cache_control(const canonical::CacheMark& mark) {
  Json control{{"type", "ephemeral"}};
  if (!mark.ttl.empty()) control["ttl"] = mark.ttl;
  return control;
}

Json system_blocks(const std::vector<Message>& messages) {
  Json blocks = Json::array();
  const auto end = after_instructions(messages);
  for (auto message = messages.begin(); message != end; ++message) {
    for (const Part& part : message->parts) {
      const auto* const text = canonical::as<canonical::Text>(part);
      if (text == nullptr || is_blank(text->text)) continue;
      blocks.push_back(text_block(text->text));
      if (part.cache) blocks.back()["cache_control"] = cache_control(*part.cache);
    }
  }
  return blocks;
}

Json message_list(std::vector<Message>& messages, Dialect client, const config::Capabilities& can, Notes& notes) {
  BlockWriter writer(client, can, notes);
  Json list = Json::array();
  // Results and what the user says after them are one message; assistant turns are as many as there are.
  const auto instructions = std::distance(messages.cbegin(), after_instructions(messages));
  for (auto message = messages.begin() + instructions; message != messages.end(); ++message) {
    Json blocks = Json::array();
    for (Part& part : message->parts) writer.write(part, blocks);
    if (blocks.empty()) continue;
    const std::string_view role = role_of(message->role);
    if (!list.empty() && role == kUser && list.back()["role"] == kUser) {
      Json& content = list.back()["content"];
      for (Json& block : blocks) content.push_back(std::move(block));
    } else {
      list.push_back(Json{{"role", role}, {"content", std::move(blocks)}});
    }
  }
  if (!list.empty() && list.back()["role"] == "assistant") {
    if (!can.prefill) notes.reject(writer.field(), "the provider's model can't go on with an assistant message");
    trim_prefill(list.back()["content"]);
  }
  for (Json& message : list) message["content"] = as_content(std::move(message["content"]));
  return list;
}

}  // namespace aigw::protocol::messages
