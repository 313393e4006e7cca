#include "protocol/canonical/media.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::string_view kPdf = "application/pdf";
constexpr std::string_view kScheme = "data:";
constexpr std::string_view kImages[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};

bool is_data_url(std::string_view url) { return iequals(url.substr(0, kScheme.size()), kScheme); }

// Lower case, without parameters, in its usual spelling.
std::string plain_type(std::string_view media_type) {
  std::string type = lower(trim(media_type.substr(0, media_type.find(';'))));
  return type == "image/jpg" ? "image/jpeg" : type;
}

// The type that the first bytes tell, of those that matter here; "" if it is none of them.
std::string_view sniff(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (starts_with(bytes, "\xFF\xD8\xFF"sv)) return "image/jpeg";
  if (starts_with(bytes, "\x89PNG\r\n\x1A\n"sv)) return "image/png";
  if (starts_with(bytes, "GIF87a"sv) || starts_with(bytes, "GIF89a"sv)) return "image/gif";
  if (starts_with(bytes, "RIFF"sv) && bytes.substr(0, 12).substr(8) == "WEBP"sv) return "image/webp";
  return starts_with(bytes, "%PDF-"sv) ? kPdf : std::string_view();
}

// What the bytes are: as declared, unless they contradict it (or nothing was declared).
std::string settled_type(std::string declared, std::string_view bytes) {
  const std::string_view seen = sniff(bytes);
  const bool may_be_wrong = declared.empty() || declared == kPdf || is_messages_image(declared);
  return seen.empty() || !may_be_wrong ? std::move(declared) : std::string(seen);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A `%` that begins no escape stands for itself.
std::string percent_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (!is_escape) {
      bytes += text[i];
      continue;
    }
    bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return bytes;
}

Media as_media(DataUrl content, Media::Kind kind) {
  if (kind == Media::Kind::Image && content.media_type == kPdf) kind = Media::Kind::Document;
  if (kind == Media::Kind::Document && is_messages_image(content.media_type)) kind = Media::Kind::Image;
  Media media;
  media.kind = kind;
  media.source = Media::Source::Base64;
  media.media_type = std::move(content.media_type);
  media.data = std::move(content.base64);
  return media;
}

Media refused(Media::Kind kind, std::string_view param, std::string_view what, Notes& notes) {
  notes.reject(param, std::string(param) + ": " + std::string(what));
  return as_media({}, kind);
}

}  // namespace

std::optional<DataUrl> parse_data_url(std::string_view url) {
  const std::size_t comma = url.find(',');
  if (!is_data_url(url) || comma == std::string_view::npos) return std::nullopt;
  const std::string_view head = url.substr(kScheme.size(), comma - kScheme.size());
  const std::string_view body = url.substr(comma + 1);
  const std::vector<std::string_view> fields = split(head, ';');
  const auto says_base64 = [](std::string_view field) { return iequals(trim(field), "base64"); };
  const bool is_base64 = std::any_of(fields.begin() + 1, fields.end(), says_base64);
  std::optional<std::string> bytes;
  if (is_base64) {
    bytes = contains(body, "%") ? from_base64(percent_decode(body)) : from_base64(body);
  } else {
    bytes = percent_decode(body);
  }
  if (!bytes) return std::nullopt;
  std::string type = settled_type(plain_type(fields.front()), *bytes);
  if (type.empty()) type = "text/plain";  // RFC 2397
  return DataUrl{std::move(type), to_base64(*bytes)};
}

std::string data_url(std::string_view media_type, std::string_view base64) {
  std::string url(kScheme);
  url.reserve(url.size() + media_type.size() + base64.size() + 8);
  return url.append(media_type).append(";base64,").append(base64);
}

Media media_of_url(std::string_view url, Media::Kind kind, std::string_view param, Notes& notes) {
  if (is_data_url(url)) {
    std::optional<DataUrl> content = parse_data_url(url);
    if (!content) return refused(kind, param, "the data URL is broken: its data is not base64", notes);
    return as_media(std::move(*content), kind);
  }
  Media media;
  media.kind = kind;
  media.source = Media::Source::Url;
  media.data = url;
  return media;
}

Media media_of_base64(std::string_view media_type, std::string_view base64, Media::Kind kind, std::string_view param,
                      Notes& notes) {
  const std::optional<std::string> bytes = from_base64(base64);
  if (!bytes) return refused(kind, param, "the data is not base64", notes);
  return as_media({settled_type(plain_type(media_type), *bytes), to_base64(*bytes)}, kind);
}

Media media_of_audio(std::string_view format, std::string_view base64, const std::string& param, Notes& notes) {
  if (base64.empty() || format.empty()) {
    notes.reject(param, "\"" + param + "\" must be an object with \"data\" and \"format\".");
  }
  Media media;
  media.kind = Media::Kind::Audio;
  media.media_type = "audio/" + lower(format);
  media.data = base64;
  return media;
}

std::string document_text(const Media& document) {
  std::string text;
  for (const std::string* const heading : {&document.name, &document.context}) {
    if (!heading->empty()) text += *heading + '\n';
  }
  const bool is_encoded = document.source == Media::Source::Base64;
  std::optional<std::string> decoded = is_encoded ? from_base64(document.data) : std::nullopt;
  return text + (decoded ? *decoded : document.data);
}

bool is_messages_image(std::string_view media_type) {
  return std::find(std::begin(kImages), std::end(kImages), media_type) != std::end(kImages);
}

}  // namespace aigw::protocol::canonical
