#include "protocol/gemini/media_part.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protocol/canonical/media.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Media;
using canonical::Notes;

struct Ending {
  std::string_view text;
  std::string_view media_type;
};

constexpr Ending kEndings[] = {
    {".png", "image/png"},  {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"},
    {".webp", "image/webp"}, {".heic", "image/heic"}, {".heif", "image/heif"}, {".pdf", "application/pdf"},
};

// Google wants a type with each URL. One that its path does not tell is the most common of its kind.
std::string type_of_url(const Media& media) {
  const std::string path = lower(std::string_view(media.data).substr(0, media.data.find_first_of("?#")));
  for (const Ending& ending : kEndings) {
    if (ends_with(path, ending.text)) return std::string(ending.media_type);
  }
  return media.kind == Media::Kind::Document ? "application/pdf" : "image/jpeg";
}

// Google's names for what clients call `mpeg` or `x-wav`.
std::string type_of_audio(std::string_view media_type) {
  return contains(media_type, "mp3") || contains(media_type, "mpeg") ? "audio/mp3"
         : contains(media_type, "wav")                               ? "audio/wav"
                                                                     : std::string(media_type);
}

std::string type_of(const Media& media) {
  if (media.kind == Media::Kind::Audio) return type_of_audio(media.media_type);
  if (!media.media_type.empty()) return media.media_type;
  if (media.source == Media::Source::Url) return type_of_url(media);
  return media.kind == Media::Kind::Document ? "application/pdf" : "image/jpeg";
}

Json text_part(const Media& media) {
  Media document = media;
  document.kind = Media::Kind::TextDocument;
  return {{"text", canonical::document_text(document)}};
}

bool is_fetched_by_google(std::string_view url) { return starts_with(url, "https://") || starts_with(url, "gs://"); }

}  // namespace

std::optional<Json> media_part(const Media& media, const config::Capabilities& can, Notes& notes) {
  if (media.source == Media::Source::FileId) {
    notes.reject("messages",
                 "A file that is stored at another vendor can't be used with this model: send its content instead.");
    return std::nullopt;
  }
  if (media.kind == Media::Kind::TextDocument || media.source == Media::Source::Text) return text_part(media);
  if (media.kind == Media::Kind::Image && !can.vision) {
    notes.reject("messages", "This model does not take images.");
    return std::nullopt;
  }
  if (media.detail == "low" || media.detail == "high") notes.drop("detail");
  if (media.source == Media::Source::Base64) {
    return Json{{"inlineData", {{"mimeType", type_of(media)}, {"data", media.data}}}};
  }
  if (!is_fetched_by_google(media.data)) {
    notes.reject("messages", "This model takes files by https URLs only: send the file's content instead.");
    return std::nullopt;
  }
  return Json{{"fileData", {{"fileUri", media.data}, {"mimeType", type_of(media)}}}};
}

}  // namespace aigw::protocol::gemini
