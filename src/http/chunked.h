// Takes the chunks off a body (RFC 9112 §7.1): gives the bytes in them, and refuses what could be read in two ways.
//
// Belongs to one message and its thread; borrows its source.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace aigw::http {

// Gives the next bytes, as read(2): 0 at the end, -1 on a failure.
using ByteSource = std::function<ssize_t(char* data, std::size_t size)>;

class ChunkedReader {
 public:
  // `source` gives the coded bytes. It is read byte by byte between chunks, so it should have a buffer.
  explicit ChunkedReader(const ByteSource& source) : source_(source) {}

  // Decoded bytes, as read(2): 0 behind the last chunk and its trailer, which is dropped; -1 when the source failed or
  // ended early, or the coding is malformed.
  ssize_t read(char* data, std::size_t size);

 private:
  bool next_chunk();
  bool read_size();
  bool skip_trailer();
  bool expect(char wanted);
  bool take(char& byte) { return source_(&byte, 1) == 1; }

  const ByteSource& source_;
  std::uint64_t left_ = 0;  // of the chunk
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace aigw::http
