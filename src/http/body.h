// Receives the body of a message: its framing taken off, its compression undone.
//
// Stateless; runs on the caller's thread and calls back on it.
#pragma once

#include <string_view>

#include "http/chunked.h"
#include "http/decompress.h"
#include "http/head.h"

namespace aigw::http {

// Hands what `wire` gives, decoded, to `sink` piece by piece. True at the body's end; false when the wire failed or ended
// too early, a coding is malformed, or the sink had enough. A body without length and chunks ends with the connection.
// A Content-Encoding that is not known is passed on as it is.
bool receive_body(const Framing& framing, std::string_view content_encoding, const ByteSource& wire,
                  const ByteSink& sink);

}  // namespace aigw::http
