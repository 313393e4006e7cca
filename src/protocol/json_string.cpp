#include "protocol/json_string.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

namespace aigw::protocol {
namespace {

// The value of the four hex digits at `at`, or nothing.
std::optional<unsigned> hex4(std::string_view text, std::size_t at) {
  unsigned value = 0;
  if (at + 4 > text.size()) return std::nullopt;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
  if (error != std::errc() || end != begin + 4) return std::nullopt;
  return value;
}

bool is_surrogate(unsigned code) { return code >= 0xD800 && code < 0xE000; }

}  // namespace

std::string quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> unquote(std::string_view token) {
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  const nlohmann::json value = nlohmann::json::parse(token.begin(), token.end(), nullptr, false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::optional<std::string> without_halves(std::string_view json) {
  constexpr std::size_t kEscape = 6;  // bytes of `\u1234`
  std::optional<std::string> mended;
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    const bool is_code = json.substr(at + 1, 1) == "u";
    const unsigned code = is_code ? hex4(json, at + 2).value_or(0) : 0;
    if (!is_surrogate(code)) {
      at += 2;
      continue;
    }
    const bool is_pair = code < 0xDC00 && json.substr(at + kEscape, 2) == "\\u" &&
                         (hex4(json, at + kEscape + 2).value_or(0) & 0xFC00U) == 0xDC00;
    if (!is_pair) {
      if (!mended) mended = json;
      mended->replace(at, kEscape, "\\ufffd");
    }
    at += is_pair ? 2 * kEscape : kEscape;
  }
  return mended;
}

std::size_t unquoted_bytes(std::string_view token) {
  const std::size_t end = token.rfind('"');
  if (end == std::string_view::npos || end == 0) return 0;
  const std::string_view inside = token.substr(1, end - 1);
  std::size_t bytes = inside.size();
  for (std::size_t at = inside.find('\\'); at != std::string_view::npos; at = inside.find('\\', at)) {
    const bool is_code = at + 1 < inside.size() && inside[at + 1] == 'u';
    const std::optional<unsigned> code = is_code ? hex4(inside, at + 2) : std::nullopt;
    if (!code) {
      bytes -= 1;
      at += 2;
      continue;
    }
    // Six bytes of escape; a surrogate counts two, as its pair makes a character of four.
    bytes -= 6U - (*code < 0x80 ? 1U : *code < 0x800 || is_surrogate(*code) ? 2U : 3U);
    at += 6;
  }
  return bytes;
}

}  // namespace aigw::protocol
