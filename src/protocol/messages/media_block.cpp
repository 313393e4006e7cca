#include "protocol/messages/media_block.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/canonical/media.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Media;
using canonical::Notes;

constexpr const char* kPdf = "application/pdf";

Json refused(std::string_view param, const std::string& why, Notes& notes) {
  notes.reject(param, std::string(param) + ": " + why);
  return {};
}

Json block_of(const char* type, Json source) {
  Json block = Json::object();
  block["type"] = type;
  block["source"] = std::move(source);
  return block;
}

bool is_web_url(std::string_view url) {
  return iequals(url.substr(0, 7), "http://") || iequals(url.substr(0, 8), "https://");
}

Json url_source(std::string url) { return Json{{"type", "url"}, {"url", std::move(url)}}; }

Json base64_source(std::string media_type, std::string data) {
  return Json{{"type", "base64"}, {"media_type", std::move(media_type)}, {"data", std::move(data)}};
}

Json text_source(std::string text) {
  return Json{{"type", "text"}, {"media_type", "text/plain"}, {"data", std::move(text)}};
}

Json image_block(Json source, Media& media, const config::Capabilities& can, std::string_view param, Notes& notes) {
  if (!can.vision) return refused(param, "the model takes no images", notes);
  if (!media.detail.empty() && media.detail != "auto") notes.drop("detail");
  return block_of("image", std::move(source));
}

Json document_block(Json source, Media& media) {
  Json block = block_of("document", std::move(source));
  if (!media.name.empty()) block["title"] = std::move(media.name);
  if (!media.context.empty()) block["context"] = std::move(media.context);
  return block;
}

Json base64_block(Media& media, const config::Capabilities& can, std::string_view param, Notes& notes) {
  if (canonical::is_messages_image(media.media_type)) {
    return image_block(base64_source(std::move(media.media_type), std::move(media.data)), media, can, param, notes);
  }
  if (media.media_type == kPdf) return document_block(base64_source(kPdf, std::move(media.data)), media);
  if (starts_with(media.media_type, "text/")) {
    if (std::optional<std::string> text = from_base64(media.data)) {
      return document_block(text_source(std::move(*text)), media);
    }
  }
  return refused(param, "the provider takes no content of type \"" + media.media_type + "\"", notes);
}

}  // namespace

Json media_block(Media media, const config::Capabilities& can, std::string_view param, Notes& notes) {
  if (media.kind == Media::Kind::Audio) return refused(param, "the provider takes no audio", notes);
  switch (media.source) {
    case Media::Source::FileId:
      return refused(param, "the id of a file at another vendor can't be used; send the file itself", notes);
    case Media::Source::Text: return document_block(text_source(std::move(media.data)), media);
    case Media::Source::Base64: return base64_block(media, can, param, notes);
    case Media::Source::Url: break;
  }
  if (!is_web_url(media.data)) return refused(param, "the provider fetches http and https URLs only", notes);
  if (media.kind == Media::Kind::Image) {
    return image_block(url_source(std::move(media.data)), media, can, param, notes);
  }
  return document_block(url_source(std::move(media.data)), media);
}

}  // namespace aigw::protocol::messages
