#include "protocol/messages/block_decoder.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/media.h"
#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"
#include "protocol/messages/conversation_decoder.h"

namespace aigw::protocol::messages {
namespace {

using canonical::item_param;
using canonical::Media;
using canonical::Notes;
using canonical::Part;
using canonical::Vendor;

using Parts = std::vector<Part>;

const std::string* string_in(const Json& block, std::string_view name) {
  const Json* const member = find_member(block, name);
  return member != nullptr && member->is_string() ? &member->get_ref<const std::string&>() : nullptr;
}

// Citations asked for or quoted: no other dialect has them.
void note_citations(const Json& block, Notes& notes) {
  const Json* const citations = find_member(block, "citations");
  if (citations == nullptr || citations->is_null() || citations->empty()) return;
  if (flag_of(*citations, "enabled") == false) return;
  notes.drop("citations");
}

void add(Parts& parts, const Json& block, Part part) {
  part.cache = cache_mark_of(block);
  parts.push_back(std::move(part));
}

// ---- images and documents ---------------------------------------------------------------------------

Media text_document(std::string text) {
  Media media;
  media.kind = Media::Kind::TextDocument;
  media.source = Media::Source::Text;
  media.media_type = "text/plain";
  media.data = std::move(text);
  return media;
}

// Nothing, and a rejection, where the source is none.
std::optional<Media> media_of(const Json& source, Media::Kind kind, const std::string& path, Notes& notes) {
  const std::string_view type = text_of(source, "type");
  const std::string* const data = string_in(source, "data");
  const std::string* const url = string_in(source, "url");
  const std::string* const file = string_in(source, "file_id");
  if (type == "base64" && data != nullptr) {
    return canonical::media_of_base64(text_of(source, "media_type"), *data, kind, path, notes);
  }
  if (type == "url" && url != nullptr) return canonical::media_of_url(*url, kind, path, notes);
  if (type == "file" && file != nullptr) {
    Media media;
    media.kind = kind;
    media.source = Media::Source::FileId;
    media.data = *file;
    return media;
  }
  if (type == "text" && data != nullptr && kind == Media::Kind::Document) return text_document(*data);
  refuse(notes, path, "expected a source of a known type with its data");
  return std::nullopt;
}

void decode_image(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  std::optional<Media> media =
      media_of(members_of(block, "source"), Media::Kind::Image, path + ".source", notes);
  if (media) add(parts, block, Part{std::move(*media), {}});
}

// A document made of blocks: its text as one document, its images behind it.
std::optional<Media> document_of_blocks(const Json& content, const std::string& path, Parts& images, Notes& notes) {
  if (content.is_string()) return text_document(content.get<std::string>());
  std::string text;
  if (!content.is_array()) refuse(notes, path, "expected text or blocks");
  for (std::size_t i = 0; content.is_array() && i < content.size(); ++i) {
    const std::string_view type = text_of(content[i], "type");
    if (type == "image") {
      decode_image(content[i], item_param(path, i), images, notes);
    } else if (type == "text") {
      if (!text.empty()) text += '\n';
      text += text_of(content[i], "text");
    } else {
      refuse(notes, item_param(path, i) + ".type", "expected text or image");
    }
  }
  if (text.empty()) return std::nullopt;
  return text_document(std::move(text));
}

void decode_document(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  note_citations(block, notes);
  const Json& source = members_of(block, "source");
  const Json* const content = find_member(source, "content");
  Parts images;
  std::optional<Media> media;
  if (text_of(source, "type") == "content" && content != nullptr) {
    media = document_of_blocks(*content, path + ".source.content", images, notes);
  } else {
    media = media_of(source, Media::Kind::Document, path + ".source", notes);
  }
  if (media) {
    media->name = text_of(block, "title");
    media->context = text_of(block, "context");
    add(parts, block, Part{std::move(*media), {}});
  }
  for (Part& image : images) parts.push_back(std::move(image));
}

// Title, source and text of what a search of the client's found.
void decode_search_result(const Json& block, Parts& parts, Notes& notes) {
  note_citations(block, notes);
  std::string text;
  const auto add_line = [&](std::string_view line) {
    if (!text.empty() && !line.empty()) text += '\n';
    text += line;
  };
  add_line(text_of(block, "title"));
  add_line(text_of(block, "source"));
  for (const Json& piece : items_of(block, "content")) add_line(text_of(piece, "text"));
  add(parts, block, Part{canonical::Text{std::move(text)}, {}});
}

// ---- what a model said ------------------------------------------------------------------------------

void decode_thinking(const Json& block, Parts& parts) {
  canonical::Thinking thinking;
  thinking.text = text_of(block, "thinking");
  if (const std::string_view signature = text_of(block, "signature"); !signature.empty()) {
    canonical::Proof proof = canonical::unseal(signature, Vendor::Anthropic);
    thinking.vendor = proof.vendor;
    thinking.proof = std::move(proof.data);
    thinking.redacted = proof.redacted;
  }
  parts.push_back(Part{std::move(thinking), {}});
}

void decode_redacted(const Json& block, Parts& parts) {
  canonical::Thinking thinking;
  thinking.vendor = Vendor::Anthropic;
  thinking.proof = text_of(block, "data");
  thinking.redacted = true;
  if (!thinking.proof.empty()) parts.push_back(Part{std::move(thinking), {}});
}

void decode_call(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  const std::string_view name = text_of(block, "name");
  if (name.empty()) return refuse(notes, path + ".name", "expected the name of a tool");
  const Json* const input = find_member(block, "input");
  canonical::ToolCall call;
  call.id = text_of(block, "id");
  call.name = name;
  call.arguments = input == nullptr || input->is_null() ? "{}" : dump(*input);
  add(parts, block, Part{std::move(call), {}});
}

// Calls and results of tools that ran at Anthropic, or at a server that Anthropic called.
bool is_server_block(std::string_view type) {
  return type == "server_tool_use" || type == "mcp_tool_use" || ends_with(type, "_tool_result");
}

void refuse_type(Notes& notes, const std::string& path, std::string_view type) {
  refuse(notes, path + ".type", "a block of type \"" + std::string(type) + "\" can't be sent to this provider here");
}

}  // namespace

void decode_text_block(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  const std::string* const text = string_in(block, "text");
  if (text == nullptr) return refuse(notes, path + ".text", "expected a string");
  note_citations(block, notes);
  add(parts, block, Part{canonical::Text{*text}, {}});
}

void decode_content_block(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  const std::string_view type = text_of(block, "type");
  if (type == "text") return decode_text_block(block, path, parts, notes);
  if (type == "image") return decode_image(block, path, parts, notes);
  if (type == "document") return decode_document(block, path, parts, notes);
  if (type == "search_result") return decode_search_result(block, parts, notes);
  refuse_type(notes, path, type);
}

void decode_tool_result(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  canonical::ToolResult result;
  result.call_id = text_of(block, "tool_use_id");
  result.is_error = flag_of(block, "is_error").value_or(false);
  if (const std::string* const text = string_in(block, "content")) {
    result.content.push_back(Part{canonical::Text{*text}, {}});
  } else if (has_member(block, "content") && !find_member(block, "content")->is_array()) {
    refuse(notes, path + ".content", "expected text or blocks");
  }
  const Json& content = items_of(block, "content");
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (text_of(content[i], "type") == "tool_reference") {
      result.content.push_back(Part{canonical::Text{std::string(text_of(content[i], "tool_name"))}, {}});
    } else {
      decode_content_block(content[i], item_param(path + ".content", i), result.content, notes);
    }
  }
  add(parts, block, Part{std::move(result), {}});
}

void decode_assistant_block(const Json& block, const std::string& path, Parts& parts, Notes& notes) {
  const std::string_view type = text_of(block, "type");
  if (type == "text") return decode_text_block(block, path, parts, notes);
  if (type == "thinking") return decode_thinking(block, parts);
  if (type == "redacted_thinking") return decode_redacted(block, parts);
  if (type == "tool_use") return decode_call(block, path, parts, notes);
  if (is_server_block(type)) return parts.push_back(Part{canonical::ServerToolBlock{JsonBox(block)}, {}});
  refuse_type(notes, path, type);
}

}  // namespace aigw::protocol::messages
