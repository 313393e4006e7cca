#include "protocol/responses/item_encoder.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "protocol/canonical/media.h"
#include "protocol/canonical/server_block.h"

namespace aigw::protocol::responses {
namespace {

using canonical::Media;
using canonical::Message;
using canonical::Part;
using canonical::Role;
using canonical::Text;

Json text_part(const char* type, std::string_view text) { return {{"type", type}, {"text", text}}; }

Json message_item(std::string_view role, Json content) {
  return {{"type", "message"}, {"role", role}, {"content", std::move(content)}};
}

// PDFs have their title as a name, which has to end like one.
std::string file_name_of(const Media& document) {
  if (document.name.empty()) return "document.pdf";
  const bool is_nameless_pdf = document.media_type == "application/pdf" && !ends_with(lower(document.name), ".pdf");
  return is_nameless_pdf ? document.name + ".pdf" : document.name;
}

class ItemsEncoder {
 public:
  ItemsEncoder(const config::Capabilities& can, canonical::Notes& notes) : can_(can), notes_(notes) {}

  void encode(const Message& message) {
    switch (message.role) {
      case Role::System: return add_instructions(message);
      case Role::User: return add_user(message);
      case Role::Assistant: return add_assistant(message);
      case Role::Tool:
        for (const Part& part : message.parts) {
          if (const auto* result = canonical::as<canonical::ToolResult>(part)) add_result(*result);
        }
    }
  }

  Json take_items() && { return std::move(items_); }

 private:
  void add_message(std::string_view role, Json content) {
    if (!content.empty()) items_.push_back(message_item(role, std::move(content)));
  }

  void add_instructions(const Message& message) {
    Json content = Json::array();
    for (const Part& part : message.parts) {
      const auto* const text = canonical::as<Text>(part);
      if (text == nullptr || text->text.empty()) continue;
      content.push_back(text_part("input_text", text->text));
    }
    add_message(can_.system_role.empty() ? "developer" : can_.system_role, std::move(content));
  }

  void add_user(const Message& message) {
    Json content = Json::array();
    for (const Part& part : message.parts) add_input(part, content);
    add_message("user", std::move(content));
  }

  void add_input(const Part& part, Json& content) {
    if (const auto* text = canonical::as<Text>(part)) content.push_back(text_part("input_text", text->text));
    if (const auto* media = canonical::as<Media>(part)) add_media(*media, content);
  }

  void add_media(const Media& media, Json& content);
  Json image_part(const Media& image);
  Json file_part(const Media& document);
  void add_assistant(const Message& message);
  void add_result(const canonical::ToolResult& result);

  const config::Capabilities& can_;
  canonical::Notes& notes_;
  Json items_ = Json::array();
  std::set<std::string> custom_calls_;  // ids
};

// ---- what the model gets ----------------------------------------------------------------------------

void ItemsEncoder::add_media(const Media& media, Json& content) {
  if (media.source == Media::Source::FileId) {
    return notes_.reject("messages", "A file that is stored at another vendor can't be used with this model: send its "
                                     "content instead.");
  }
  switch (media.kind) {
    case Media::Kind::Image: return content.push_back(image_part(media));
    case Media::Kind::Audio: return notes_.reject("messages", "This model does not take audio.");
    case Media::Kind::TextDocument:
      return content.push_back(text_part("input_text", canonical::document_text(media)));
    case Media::Kind::Document:
      if (!media.context.empty()) content.push_back(text_part("input_text", media.context));
      return content.push_back(file_part(media));
  }
}

Json ItemsEncoder::image_part(const Media& image) {
  if (!can_.vision) notes_.reject("messages", "This model does not take images.");
  const bool is_url = image.source == Media::Source::Url;
  return {{"type", "input_image"},
          {"image_url", is_url ? image.data : canonical::data_url(image.media_type, image.data)},
          {"detail", image.detail.empty() ? "auto" : image.detail}};
}

Json ItemsEncoder::file_part(const Media& document) {
  if (document.source == Media::Source::Url) return {{"type", "input_file"}, {"file_url", document.data}};
  return {{"type", "input_file"},
          {"filename", file_name_of(document)},
          {"file_data", canonical::data_url(document.media_type, document.data)}};
}

void ItemsEncoder::add_result(const canonical::ToolResult& result) {
  Json content = Json::array();
  std::string text;
  bool has_text = false;
  bool has_media = false;
  for (const Part& part : result.content) {
    const std::size_t before = content.size();
    add_input(part, content);
    for (std::size_t i = before; i < content.size(); ++i) {
      const bool is_text = content[i].at("type") == "input_text";
      has_media = has_media || !is_text;
      if (!is_text) continue;
      if (std::exchange(has_text, true)) text += '\n';
      text += content[i].at("text").get_ref<const std::string&>();
    }
  }
  // There is no other place that says so.
  const bool tells_error = result.is_error && !starts_with(lower(text), "error");
  if (tells_error) text.insert(0, "Error: ");
  if (tells_error && has_media) content.insert(content.begin(), text_part("input_text", "Error:"));
  const bool is_custom = custom_calls_.count(result.call_id) > 0;
  items_.push_back({{"type", is_custom ? "custom_tool_call_output" : "function_call_output"},
                    {"call_id", result.call_id},
                    {"output", has_media ? std::move(content) : Json(text)}});
}

// ---- what the model said ----------------------------------------------------------------------------

Json call_item(const canonical::ToolCall& call) {
  if (call.custom) {
    return {{"type", "custom_tool_call"}, {"call_id", call.id}, {"name", call.name}, {"input", call.arguments}};
  }
  const bool is_blank = trim(call.arguments).empty();
  return {{"type", "function_call"},
          {"call_id", call.id},
          {"name", call.name},
          {"arguments", is_blank ? "{}" : call.arguments}};
}

void ItemsEncoder::add_assistant(const Message& message) {
  Json content = Json::array();
  Json calls = Json::array();
  const auto add_text = [&](std::string_view text) {
    if (!text.empty()) content.push_back(text_part("output_text", text));
  };
  for (const Part& part : message.parts) {
    if (const auto* text = canonical::as<Text>(part)) add_text(text->text);
    if (const auto* refusal = canonical::as<canonical::Refusal>(part)) {
      content.push_back({{"type", "refusal"}, {"refusal", refusal->text}});
    }
    if (const auto* block = canonical::as<canonical::ServerToolBlock>(part)) {
      add_text(canonical::server_block_text(block->block.value_or_null()));
    }
    if (const auto* call = canonical::as<canonical::ToolCall>(part)) {
      if (call->custom) custom_calls_.insert(call->id);
      calls.push_back(call_item(*call));
    }
    const auto* const thinking = canonical::as<canonical::Thinking>(part);
    // Reasoning without its proof is refused, and so is that of another vendor (§3.6).
    if (thinking == nullptr || thinking->vendor != canonical::Vendor::OpenAi || thinking->proof.empty()) continue;
    add_message("assistant", std::exchange(content, Json::array()));
    items_.push_back({{"type", "reasoning"}, {"summary", Json::array()}, {"encrypted_content", thinking->proof}});
  }
  add_message("assistant", std::move(content));
  for (Json& call : calls) items_.push_back(std::move(call));
}

}  // namespace

Json encode_items(const canonical::Request& request, const Target& target, canonical::Notes& notes) {
  ItemsEncoder items(target.can, notes);
  for (const Message& message : request.messages) items.encode(message);
  const bool is_prefilled = !request.messages.empty() && request.messages.back().role == Role::Assistant;
  if (is_prefilled && !target.can.prefill) {
    notes.reject("messages", "This model does not go on with an answer: the last message must not be the assistant's.");
  }
  return std::move(items).take_items();
}

}  // namespace aigw::protocol::responses
