// Checks the head of a request (request line and header fields) before the HTTP parser sees it.
//
// The parser is lenient where leniency is a hole: it skips lines that it can't read, takes the first of two
// Content-Lengths, percent-decodes field values. What could be read in two ways is refused here (RFC 9112 §11.2,
// request smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aigw::http {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kTargetBytesMax = 8 * 1024 - 64;   // the parser takes request lines up to 8 KiB
inline constexpr std::size_t kFieldBytesMax = 8 * 1024;         // and field lines up to 8 KiB

struct RequestHead {
  int refusal = 0;               // status to refuse with; 0: the head is sound
  const char* reason = "";       // a sentence for the client
  bool keep_alive = false;       // what version and Connection field say
  bool http10 = false;           // the client can't read chunks
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool has_body() const { return chunked || content_length > 0; }
};

// Where the head ends (behind its empty line), or npos while it is incomplete. `from`: how far an earlier call looked.
std::size_t find_head_end(std::string_view received, std::size_t from);

// `head` is a complete head, empty line included.
RequestHead check_request_head(std::string_view head);

// cpp-httplib percent-decodes field values (0.11 and 0.18, `parse_header`), so that `%0d%0a` in a value would become
// a line end and a `%` in a key would be lost. This undoes it in advance: `%` in field lines as `%25`.
// Returns nothing when there is nothing to change.
std::optional<std::string> protect_percent(std::string_view head);

}  // namespace aigw::http
