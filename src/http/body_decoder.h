// Decodes bodies that are chunked or compressed (gzip, deflate, brotli): the part of HTTP that is left to cpp-httplib.
// Plain bodies need no decoding and never come here.
//
// Stateless; both functions run on the caller's thread and call back on it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include <sys/types.h>

#include "http/head.h"

namespace aigw::http {

// Gives the next bytes of the connection, as read(2).
using ByteSource = std::function<ssize_t(char* data, std::size_t size)>;
// Takes decoded bytes; false ends the decoding.
using ByteSink = std::function<bool(std::string_view bytes)>;

// Whether a Content-Encoding is one of those.
bool is_known_coding(std::string_view content_encoding);

// True when the body was decoded to its end. False when the source failed, the coding is malformed, or the
// sink had enough. Precondition: a Content-Encoding that is not empty is a known one.
bool decode_request_body(const Framing& framing, std::string_view content_encoding, const ByteSource& source,
                         const ByteSink& sink);
bool decode_answer_body(const Framing& framing, std::string_view content_encoding, const ByteSource& source,
                        const ByteSink& sink);

}  // namespace aigw::http
