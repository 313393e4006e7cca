#include "http/body.h"

#include <algorithm>
#include <cstdint>

namespace aigw::http {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

bool hand_on(const ByteSource& source, const ByteSink& sink) {
  char piece[kPieceBytes];
  for (;;) {
    const ssize_t count = source(piece, sizeof piece);
    if (count == 0) return true;
    if (count < 0 || !sink({piece, static_cast<std::size_t>(count)})) return false;
  }
}

// The next bytes of a body that has `left` more; an early end is a failure.
ssize_t read_counted(const ByteSource& wire, std::uint64_t& left, char* data, std::size_t size) {
  if (left == 0) return 0;
  const ssize_t count = wire(data, static_cast<std::size_t>(std::min<std::uint64_t>(left, size)));
  if (count <= 0) return -1;
  left -= static_cast<std::uint64_t>(count);
  return count;
}

}  // namespace

bool receive_body(const Framing& framing, std::string_view content_encoding, const ByteSource& wire,
                  const ByteSink& sink) {
  ChunkedReader chunks(wire);
  std::uint64_t left = framing.content_length.value_or(0);
  ByteSource body = wire;
  if (framing.chunked) {
    body = [&](char* data, std::size_t size) { return chunks.read(data, size); };
  } else if (framing.content_length) {
    body = [&](char* data, std::size_t size) { return read_counted(wire, left, data, size); };
  }
  const bool decodes = framing.compressed && is_known_coding(content_encoding);
  return decodes ? decompress(content_encoding, body, sink) : hand_on(body, sink);
}

}  // namespace aigw::http
