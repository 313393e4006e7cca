// Undoes a Content-Encoding (gzip, deflate, brotli): the part of HTTP that is left to cpp-httplib.
//
// Stateless; runs on the caller's thread and calls back on it.
#pragma once

#include <functional>
#include <string_view>

#include "http/chunked.h"

namespace aigw::http {

// Takes decoded bytes; false ends the decoding.
using ByteSink = std::function<bool(std::string_view bytes)>;

// Whether a Content-Encoding is one of those.
bool is_known_coding(std::string_view content_encoding);

// Decodes what `source` gives, to its end. False when the source failed, the coding is malformed, or the sink had
// enough. Precondition: is_known_coding(content_encoding).
bool decompress(std::string_view content_encoding, const ByteSource& source, const ByteSink& sink);

}  // namespace aigw::http
