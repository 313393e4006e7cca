// The head of a request: request line and header fields, checked and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/message.h"

namespace aigw::http {

inline constexpr std::size_t kTargetBytesMax = 8 * 1024 - 64;

struct RequestHead {
  int refusal = 0;               // status to refuse with; 0: the head is sound
  const char* reason = "";       // a sentence for the client
  std::string method;
  std::string target;
  Headers headers;
  bool keep_alive = false;       // what version and Connection field say
  bool http10 = false;           // the client can't read chunks
  bool chunked = false;
  bool compressed = false;
  std::uint64_t content_length = 0;
  bool has_body() const { return chunked || content_length > 0; }
};

// `head` is a complete head, empty line included.
RequestHead check_request_head(std::string_view head);

// A path as it is meant: `%41` as `A`. Sequences that are no hexadecimal number stay as they are.
std::string percent_decoded(std::string_view text);

}  // namespace aigw::http
