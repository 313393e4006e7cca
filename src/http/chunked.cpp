#include "http/chunked.h"

#include <algorithm>

#include "base/text.h"

namespace aigw::http {
namespace {

constexpr int kSizeDigitsMax = 15;                 // fits 64 bits with room to spare
constexpr std::size_t kExtensionBytesMax = 4096;   // of one chunk; nobody uses them
constexpr std::size_t kTrailerBytesMax = 16 * 1024;

// -1 if it is no hexadecimal digit.
int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ssize_t ChunkedReader::read(char* data, std::size_t size) {
  if (left_ == 0 && !ended_ && !next_chunk()) return -1;
  if (ended_) return 0;
  const ssize_t count = source_(data, static_cast<std::size_t>(std::min<std::uint64_t>(left_, size)));
  if (count <= 0) return -1;
  left_ -= static_cast<std::uint64_t>(count);
  return count;
}

bool ChunkedReader::next_chunk() {
  if (!first_ && !(expect('\r') && expect('\n'))) return false;
  first_ = false;
  if (!read_size()) return false;
  ended_ = left_ == 0;
  return !ended_ || skip_trailer();
}

// The line before a chunk: its size, and perhaps an extension behind a semicolon.
bool ChunkedReader::read_size() {
  char byte = 0;
  int digits = 0;
  while (take(byte) && digit_of(byte) >= 0) {
    if (++digits > kSizeDigitsMax) return false;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit_of(byte));
  }
  if (digits == 0) return false;
  if (byte == ';') {
    for (std::size_t bytes = 0; byte != '\r'; ++bytes) {
      if (bytes == kExtensionBytesMax || !take(byte) || byte == '\n') return false;
    }
  }
  return byte == '\r' && expect('\n');
}

// Fields behind the last chunk, up to an empty line.
bool ChunkedReader::skip_trailer() {
  std::size_t line = 0;
  for (std::size_t bytes = 0; bytes < kTrailerBytesMax; ++bytes) {
    char byte = 0;
    if (!take(byte)) return false;
    if (byte == '\r') {
      if (!expect('\n')) return false;
      if (line == 0) return true;
      line = 0;
    } else if (byte == '\n') {
      return false;
    } else {
      ++line;
    }
  }
  return false;
}

bool ChunkedReader::expect(char wanted) {
  char byte = 0;
  return take(byte) && byte == wanted;
}

}  // namespace aigw::http
