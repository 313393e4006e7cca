#include "protocol/canonical/alias.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::protocol::canonical {
namespace {

// Bytes of a UTF-8 character behind its first one.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

bool is_word_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '-';
}

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::string replace_refused(std::string_view text, bool (*is_allowed)(char)) {
  std::string replaced;
  replaced.reserve(text.size());
  for (const char c : text) {
    if (!is_continuation(c)) replaced += is_allowed(c) ? c : '_';
  }
  return replaced;
}

std::string short_digest(std::string_view text, std::size_t digits) { return sha256_hex(text).substr(0, digits); }

}  // namespace aigw::protocol::canonical
