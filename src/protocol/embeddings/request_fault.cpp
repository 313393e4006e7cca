#include "protocol/embeddings/request_fault.h"

#include <cstddef>

#include "protocol/json_scan.h"
#include "protocol/json_string.h"

namespace aigw::protocol::embeddings {
namespace {

using canonical::Rejection;

// Behind the string that begins at `at`. Precondition: valid JSON.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// Whether `array` has nothing in it, or an empty string. Precondition: a valid array.
bool lacks_text(std::string_view array) {
  if (array.find_first_not_of(" \t\r\n", 1) == array.size() - 1) return true;
  int depth = 0;
  for (std::size_t at = 0; at < array.size();) {
    const char c = array[at];
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    const std::size_t end = c == '"' ? end_of_string(array, at) : at + 1;
    if (depth == 1 && c == '"' && end == at + 2) return true;
    at = end;
  }
  return false;
}

// `value` is a token of JSON.
bool is_format(std::string_view value) {
  if (value == "null") return true;
  const std::optional<std::string> format = value.front() == '"' ? unquote(value) : std::nullopt;
  return format == "float" || format == "base64";
}

}  // namespace

std::optional<Rejection> request_fault(std::string_view body) {
  std::string_view input = "null";
  std::string_view format = "null";
  JsonScan scan(body);
  JsonMember member;
  while (scan.next(member)) {
    const std::optional<std::string> name = unquote(body.substr(member.key.offset, member.key.length));
    const std::string_view value = body.substr(member.value.offset, member.value.length);
    if (name == "input") input = value;
    if (name == "encoding_format") format = value;
  }
  if (scan.failed()) return std::nullopt;
  if (!is_format(format)) {
    return Rejection{"encoding_format", "\"encoding_format\" must be \"float\" or \"base64\"."};
  }
  if (input == "\"\"" || (input.front() == '[' && lacks_text(input))) {
    return Rejection{"input", "\"input\" must not be empty, nor have empty strings."};
  }
  return std::nullopt;
}

}  // namespace aigw::protocol::embeddings
