// What the heads of requests and answers have in common: where they end, and their field lines.
//
// Heads are read here and not by cpp-httplib: it skips lines that it can't read, takes the first of two
// Content-Lengths, percent-decodes field values (so that `%0d%0a` becomes a line end), matches status lines with a
// regular expression whose recursion a long reason phrase turns into a stack overflow, and took half of the gateway's
// user time for it. What could be read in two ways is refused (RFC 9112 §11.2, request smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace aigw::http {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kFieldBytesMax = 8 * 1024;  // of one field line

// Where the head ends (behind its empty line), or npos while it is incomplete. `from`: how far an earlier call looked.
std::size_t find_head_end(std::string_view received, std::size_t from);

// Takes the next line away from `text`, without its CR LF. Nothing if it does not end with one.
std::optional<std::string_view> take_line(std::string_view& text);

// How the body of a message is framed, as its fields say.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool compressed = false;  // has a Content-Encoding
  bool says_close = false;  // Connection: close
  bool says_keep_alive = false;
};

enum class FieldProblem {
  None,
  TooLarge,
  Malformed,
  ControlCharacter,
  BadLength,
  BadEncoding,
  UnknownEncoding,
  TwoHosts
};

// Reads one field line, adds it to `headers`, and notes what it says about the framing.
FieldProblem read_field(std::string_view line, Headers& headers, Framing& framing);

bool is_token(std::string_view text);     // RFC 9110 §5.6.2
bool has_control(std::string_view text);  // control characters other than a tab

}  // namespace aigw::http
