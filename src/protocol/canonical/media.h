// Images and files between the forms that dialects give them (protocols.md §3.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// What a `data:` URL holds: media type in lower case without parameters (`image/jpg` written `image/jpeg`), data as
// standard base64 with padding, however it was written. If the first bytes contradict the declared type among jpeg,
// png, gif, webp and pdf, the bytes win. Nothing if it is no data URL or its base64 is broken.
struct DataUrl {
  std::string media_type;
  std::string base64;
};
std::optional<DataUrl> parse_data_url(std::string_view url);
std::string data_url(std::string_view media_type, std::string_view base64);

// The media behind an URL that may be a data URL: an image, or a document where the type says PDF. `param` names the
// field for a rejection (a broken data URL).
Media media_of_url(std::string_view url, Media::Kind kind, std::string_view param, Notes& notes);
// Base64 with a declared type, as Messages and Gemini send it; normalised as above.
Media media_of_base64(std::string_view media_type, std::string_view base64, Media::Kind kind, std::string_view param,
                      Notes& notes);

// A sound as OpenAI's dialects send it: base64 and a format (`wav`, `mp3`). Either missing is rejected.
Media media_of_audio(std::string_view format, std::string_view base64, const std::string& param, Notes& notes);

// The text that stands for a text document where a dialect has none: title and context as heading lines.
std::string document_text(const Media& document);

// Whether it is one of the four types that Messages takes as an image.
bool is_messages_image(std::string_view media_type);

}  // namespace aigw::protocol::canonical
