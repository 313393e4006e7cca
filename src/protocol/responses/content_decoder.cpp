#include "protocol/responses/content_decoder.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/canonical/media.h"
#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

using canonical::item_param;
using canonical::Media;
using canonical::Notes;
using canonical::Part;

Part text_part(std::string_view text) { return {canonical::Text{std::string(text)}, std::nullopt}; }

Media stored_file(std::string_view id, Media::Kind kind) {
  Media media;
  media.kind = kind;
  media.source = Media::Source::FileId;
  media.data = id;
  return media;
}

// The URL stands there as a plain string; some clients nest it as Chat does.
Part decode_image(const Json& part, const std::string& path, Notes& notes) {
  const std::string_view plain = text_of(part, "image_url");
  const std::string_view url = plain.empty() ? text_of(members_of(part, "image_url"), "url") : plain;
  const std::string_view id = text_of(part, "file_id");
  if (url.empty() && !id.empty()) return {stored_file(id, Media::Kind::Image), std::nullopt};
  const std::string param = path + ".image_url";
  if (url.empty()) notes.reject(param, "\"" + param + "\" must be the image's URL.");
  Media media = canonical::media_of_url(url, Media::Kind::Image, param, notes);
  const std::string_view detail = text_of(part, "detail");
  if (media.kind == Media::Kind::Image) media.detail = detail == "original" ? "high" : detail;
  return {std::move(media), std::nullopt};
}

// A file of plain text is a text document, which every dialect can say.
Media told_as_text(Media media) {
  const bool is_text = media.source == Media::Source::Base64 && starts_with(media.media_type, "text/");
  std::optional<std::string> text = is_text ? from_base64(media.data) : std::nullopt;
  if (!text) return media;
  media.kind = Media::Kind::TextDocument;
  media.source = Media::Source::Text;
  media.data = std::move(*text);
  return media;
}

Media media_of_file(const Json& part, const std::string& path, Notes& notes) {
  const std::string_view data = text_of(part, "file_data");
  const std::string_view url = text_of(part, "file_url");
  const std::string_view id = text_of(part, "file_id");
  if (!data.empty()) {
    const std::string param = path + ".file_data";
    if (starts_with(data, "data:")) return canonical::media_of_url(data, Media::Kind::Document, param, notes);
    return canonical::media_of_base64("application/pdf", data, Media::Kind::Document, param, notes);
  }
  if (!url.empty()) return canonical::media_of_url(url, Media::Kind::Document, path + ".file_url", notes);
  if (id.empty()) notes.reject(path, "\"" + path + "\" must have \"file_data\" or \"file_url\".");
  return stored_file(id, Media::Kind::Document);
}

Part decode_file(const Json& part, const std::string& path, Notes& notes) {
  Media media = told_as_text(media_of_file(part, path, notes));
  media.name = text_of(part, "filename");
  return {std::move(media), std::nullopt};
}

Part decode_audio(const Json& part, const std::string& path, Notes& notes) {
  const Json& audio = members_of(part, "input_audio");
  return {canonical::media_of_audio(text_of(audio, "format"), text_of(audio, "data"), path + ".input_audio", notes),
          std::nullopt};
}

std::optional<Part> decode_part(const Json& part, PartSet allowed, const std::string& path, Notes& notes) {
  if (part.is_string()) return text_part(part.get_ref<const std::string&>());
  const std::string_view type = text_of(part, "type");
  if (type == "input_text" || type == "output_text" || type == "text") {
    const Json* const text = find_member(part, "text");
    if (text == nullptr || !text->is_string()) notes.reject(path + ".text", "\"" + path + ".text\" must be a string.");
    return text_part(text_of(part, "text"));
  }
  if (type == "refusal" && allowed == PartSet::Refusal) {
    return Part{canonical::Refusal{std::string(text_of(part, "refusal"))}, std::nullopt};
  }
  if (allowed == PartSet::Media) {
    if (type == "input_image") return decode_image(part, path, notes);
    if (type == "input_file") return decode_file(part, path, notes);
    if (type == "input_audio") return decode_audio(part, path, notes);
  }
  notes.reject(path + ".type", "\"" + path + ".type\" can't be \"" + std::string(type) + "\" here.");
  return std::nullopt;
}

}  // namespace

std::vector<Part> decode_content(const Json& content, PartSet allowed, const std::string& path, Notes& notes) {
  std::vector<Part> parts;
  if (content.is_string()) {
    parts.push_back(text_part(content.get_ref<const std::string&>()));
  } else if (content.is_array()) {
    for (std::size_t i = 0; i < content.size(); ++i) {
      std::optional<Part> part = decode_part(content[i], allowed, item_param(path, i), notes);
      if (part) parts.push_back(std::move(*part));
    }
  } else {
    notes.reject(path, "\"" + path + "\" must be a string or an array of parts.");
  }
  return parts;
}

}  // namespace aigw::protocol::responses
