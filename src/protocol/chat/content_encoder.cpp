#include "protocol/chat/content_encoder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/media.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Media;

// PDFs have their title as a name, which has to end like one.
std::string file_name_of(const Media& document) {
  if (document.name.empty()) return "document.pdf";
  const bool is_pdf = document.media_type == "application/pdf";
  return is_pdf && !ends_with(lower(document.name), ".pdf") ? document.name + ".pdf" : document.name;
}

}  // namespace

Json ContentEncoder::text_part(std::string_view text, const std::optional<canonical::CacheMark>& mark) const {
  Json part = {{"type", "text"}, {"text", text}};
  if (!text.empty()) put_mark(part, mark);
  return part;
}

void ContentEncoder::add_media(const Media& media, const std::optional<canonical::CacheMark>& mark,
                               Json& parts) const {
  if (media.source == Media::Source::FileId) {
    return notes_.reject("messages", "A file that is stored at another vendor can't be used with this model: send its "
                                     "content instead.");
  }
  Json part;
  switch (media.kind) {
    case Media::Kind::Image: part = image_part(media); break;
    case Media::Kind::Audio: part = audio_part(media); break;
    case Media::Kind::TextDocument: part = text_part(canonical::document_text(media)); break;
    case Media::Kind::Document:
      if (!media.context.empty()) parts.push_back(text_part(media.context));
      part = file_part(media);
      break;
  }
  put_mark(part, mark);
  parts.push_back(std::move(part));
}

Json ContentEncoder::image_part(const Media& image) const {
  if (!can_.vision) notes_.reject("messages", "This model does not take images.");
  const bool is_url = image.source == Media::Source::Url;
  Json url = {{"url", is_url ? image.data : canonical::data_url(image.media_type, image.data)}};
  if (!image.detail.empty()) url["detail"] = image.detail;
  return {{"type", "image_url"}, {"image_url", std::move(url)}};
}

Json ContentEncoder::audio_part(const Media& audio) const {
  const std::string_view type = audio.media_type;
  const std::string_view format = type.substr(type.find('/') + 1);  // the whole where there is no slash
  const bool is_mpeg = format == "mpeg";
  return {{"type", "input_audio"}, {"input_audio", {{"data", audio.data}, {"format", is_mpeg ? "mp3" : format}}}};
}

Json ContentEncoder::file_part(const Media& document) const {
  if (document.source == Media::Source::Url) {
    notes_.reject("messages", "This model takes no documents by URL: send the document's content instead.");
  }
  return {{"type", "file"},
          {"file",
           {{"filename", file_name_of(document)},
            {"file_data", canonical::data_url(document.media_type, document.data)}}}};
}

void ContentEncoder::put_mark(Json& part, const std::optional<canonical::CacheMark>& mark) const {
  if (!mark) return;
  if (can_.takes_cache_control) {
    put_cache_control(part, mark);
  } else if (can_.cache_breakpoints) {
    part["prompt_cache_breakpoint"] = {{"mode", "explicit"}};
  }
}

void ContentEncoder::put_cache_control(Json& object, const std::optional<canonical::CacheMark>& mark) const {
  if (!mark || !can_.takes_cache_control) return;
  Json control = {{"type", "ephemeral"}};
  if (!mark->ttl.empty()) control["ttl"] = mark->ttl;
  object["cache_control"] = std::move(control);
}

Json plain_if_one_text(Json parts) {
  const bool is_plain = parts.size() == 1 && parts[0].size() == 2 && parts[0].contains("text");
  return is_plain ? Json(std::move(parts[0]["text"])) : parts;
}

}  // namespace aigw::protocol::chat
