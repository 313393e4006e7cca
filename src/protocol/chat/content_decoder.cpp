#include "protocol/chat/content_decoder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/canonical/media.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::item_param;
using canonical::Media;
using canonical::Notes;
using canonical::Part;

// The members `url` and `detail`; some clients give the URL alone.
Part decode_image(const Json& part, const std::string& path, Notes& notes) {
  const Json& image = members_of(part, "image_url");
  const std::string_view bare = text_of(part, "image_url");
  const std::string_view url = bare.empty() ? text_of(image, "url") : bare;
  const std::string param = path + ".image_url";
  if (url.empty()) notes.reject(param, "\"" + param + "\" must be an object with a \"url\".");
  Media media = canonical::media_of_url(url, Media::Kind::Image, param, notes);
  if (media.kind == Media::Kind::Image) media.detail = text_of(image, "detail");
  return {std::move(media), std::nullopt};
}

Part decode_audio(const Json& part, const std::string& path, Notes& notes) {
  const Json& audio = members_of(part, "input_audio");
  return {canonical::media_of_audio(text_of(audio, "format"), text_of(audio, "data"), path + ".input_audio", notes),
          std::nullopt};
}

// A file of plain text is a text document, which every dialect can say.
std::optional<Media> text_document(std::string_view file_data) {
  const std::optional<canonical::DataUrl> url = canonical::parse_data_url(file_data);
  if (!url || !starts_with(url->media_type, "text/")) return std::nullopt;
  std::optional<std::string> text = from_base64(url->base64);
  if (!text) return std::nullopt;
  Media media;
  media.kind = Media::Kind::TextDocument;
  media.source = Media::Source::Text;
  media.media_type = url->media_type;
  media.data = std::move(*text);
  return media;
}

Media media_of_file(std::string_view file_data, const std::string& param, Notes& notes) {
  if (std::optional<Media> document = text_document(file_data)) return std::move(*document);
  const bool is_url = starts_with(file_data, "data:") || starts_with(file_data, "http:") ||
                      starts_with(file_data, "https:");
  if (is_url) return canonical::media_of_url(file_data, Media::Kind::Document, param, notes);
  return canonical::media_of_base64("application/pdf", file_data, Media::Kind::Document, param, notes);
}

Part decode_file(const Json& part, const std::string& path, Notes& notes) {
  const Json& file = members_of(part, "file");
  const std::string_view data = text_of(file, "file_data");
  const std::string_view id = text_of(file, "file_id");
  Media media;
  if (!data.empty()) {
    media = media_of_file(data, path + ".file.file_data", notes);
  } else if (!id.empty()) {
    media.kind = Media::Kind::Document;
    media.source = Media::Source::FileId;
    media.data = id;
  } else {
    notes.reject(path + ".file", "\"" + path + ".file\" must be an object with \"file_data\" and \"filename\".");
  }
  media.name = text_of(file, "filename");
  return {std::move(media), std::nullopt};
}

std::optional<Part> decode_part(const Json& part, PartSet allowed, const std::string& path, Notes& notes) {
  const std::string_view type = text_of(part, "type");
  const bool takes_media = allowed == PartSet::Media;
  if (type == "text") return Part{canonical::Text{std::string(text_of(part, "text"))}, std::nullopt};
  if (type == "refusal" && allowed == PartSet::Refusal) {
    return Part{canonical::Refusal{std::string(text_of(part, "refusal"))}, std::nullopt};
  }
  if (type == "image_url" && takes_media) return decode_image(part, path, notes);
  if (type == "input_audio" && takes_media) return decode_audio(part, path, notes);
  if (type == "file" && takes_media) return decode_file(part, path, notes);
  notes.reject(path + ".type", "\"" + path + ".type\" can't be \"" + std::string(type) + "\" in this message.");
  return std::nullopt;
}

}  // namespace

std::vector<Part> decode_content(const Json& message, PartSet allowed, const std::string& path, Notes& notes) {
  std::vector<Part> parts;
  const Json* const content = find_member(message, "content");
  if (content == nullptr || content->is_null()) return parts;
  const std::string param = path + ".content";
  if (content->is_string()) {
    parts.push_back({canonical::Text{content->get<std::string>()}, std::nullopt});
    return parts;
  }
  if (!content->is_array()) {
    notes.reject(param, "\"" + param + "\" must be a string or an array of parts.");
    return parts;
  }
  for (std::size_t i = 0; i < content->size(); ++i) {
    const Json& item = (*content)[i];
    std::optional<Part> part = decode_part(item, allowed, item_param(param, i), notes);
    if (!part) continue;
    part->cache = decode_mark(item);
    parts.push_back(std::move(*part));
  }
  return parts;
}

std::optional<canonical::CacheMark> decode_mark(const Json& object) {
  const Json& control = members_of(object, "cache_control");
  if (text_of(control, "type") == "ephemeral") return canonical::cache_mark(text_of(control, "ttl"));
  const bool is_breakpoint = text_of(members_of(object, "prompt_cache_breakpoint"), "mode") == "explicit";
  return is_breakpoint ? std::optional(canonical::CacheMark{}) : std::nullopt;
}

}  // namespace aigw::protocol::chat
