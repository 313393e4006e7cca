#include "http/head.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace aigw::http {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_token_char(char c) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return is_alphanumeric(c) || kSymbols.find(c) != npos;
}

FieldProblem note_length(std::string_view value, Framing& framing) {
  const std::optional<std::uint64_t> length = parse_uint(value);
  if (!length || framing.content_length) return FieldProblem::BadLength;
  framing.content_length = length;
  return FieldProblem::None;
}

FieldProblem note_encoding(std::string_view value, Framing& framing) {
  if (framing.chunked) return FieldProblem::BadEncoding;
  if (!iequals(value, "chunked")) return FieldProblem::UnknownEncoding;
  framing.chunked = true;
  return FieldProblem::None;
}

FieldProblem note_framing(std::string_view name, std::string_view value, const Headers& headers, Framing& framing) {
  if (iequals(name, "Content-Length")) return note_length(value, framing);
  if (iequals(name, "Transfer-Encoding")) return note_encoding(value, framing);
  if (iequals(name, "Host") && headers.has(name)) return FieldProblem::TwoHosts;
  if (iequals(name, "Content-Encoding")) {
    framing.compressed = !value.empty() && !iequals(value, "identity");
  } else if (iequals(name, "Connection")) {
    framing.says_close = framing.says_close || lists(value, "close");
    framing.says_keep_alive = framing.says_keep_alive || lists(value, "keep-alive");
  }
  return FieldProblem::None;
}

}  // namespace

std::size_t find_head_end(std::string_view received, std::size_t from) {
  // A bare LF as line end is found too, so that it is refused at once instead of waited out.
  for (std::size_t at = received.find('\n', from); at != npos; at = received.find('\n', at + 1)) {
    if (received.substr(at + 1, 2) == "\r\n") return at + 3;
    if (received.substr(at + 1, 1) == "\n") return at + 2;
  }
  return npos;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == npos || end == 0 || text[end - 1] != '\r') return std::nullopt;
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  return line;
}

FieldProblem read_field(std::string_view line, Headers& headers, Framing& framing) {
  if (line.size() > kFieldBytesMax - 2) return FieldProblem::TooLarge;
  const std::size_t colon = line.find(':');
  if (colon == npos || !is_token(line.substr(0, colon))) return FieldProblem::Malformed;
  const std::string_view name = line.substr(0, colon);
  // Before blanks are trimmed: a CR at the end of the value would be cut off as well.
  if (has_control(line.substr(colon + 1))) return FieldProblem::ControlCharacter;
  const std::string_view value = trim(line.substr(colon + 1));
  const FieldProblem problem = note_framing(name, value, headers, framing);
  if (problem == FieldProblem::None) headers.add(std::string(name), std::string(value));
  return problem;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace aigw::http
