#include "protocol/messages/user_id.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/canonical/alias.h"

namespace aigw::protocol::messages {
namespace {

constexpr std::size_t kCharactersMax = 256;

// A local number has 7 digits, the longest international one 15 (ITU-T E.164).
constexpr std::ptrdiff_t kPhoneDigitsMin = 7;
constexpr std::ptrdiff_t kPhoneDigitsMax = 15;

// Whether a name with a dot inside begins here, as in `@mail.example`.
bool begins_with_domain(std::string_view text) {
  const auto is_in_label = [](char c) { return is_alphanumeric(c) || c == '-'; };
  const auto label_end = std::find_if_not(text.begin(), text.end(), is_in_label);
  if (label_end == text.begin() || label_end == text.end() || *label_end != '.') return false;
  return label_end + 1 != text.end() && is_alphanumeric(*(label_end + 1));
}

bool holds_email(std::string_view text) {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    const bool has_local = at > 0 && (is_alphanumeric(text[at - 1]) || contains("._%+-", text.substr(at - 1, 1)));
    if (has_local && begins_with_domain(text.substr(at + 1))) return true;
  }
  return false;
}

bool is_phone_number(std::string_view text) {
  text = trim(text);
  if (starts_with(text, "tel:")) text.remove_prefix(4);
  if (starts_with(text, "+")) text.remove_prefix(1);
  const auto is_in_number = [](char c) { return is_digit(c) || contains(" ()-./", std::string_view(&c, 1)); };
  const std::ptrdiff_t digits = std::count_if(text.begin(), text.end(), is_digit);
  return digits >= kPhoneDigitsMin && digits <= kPhoneDigitsMax && std::all_of(text.begin(), text.end(), is_in_number);
}

}  // namespace

std::string opaque_user_id(std::string id) {
  const bool refused = canonical::count_characters(id) > kCharactersMax || holds_email(id) || is_phone_number(id);
  return refused ? sha256_hex(id) : id;
}

}  // namespace aigw::protocol::messages
