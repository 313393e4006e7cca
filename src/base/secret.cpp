#include "base/secret.h"

#include <algorithm>
#include <openssl/crypto.h>

namespace aigw {

std::string Secret::mask() const {
  if (text_.empty()) return "";
  if (text_.size() < 12) return "…";
  const std::size_t dash = text_.find('-');
  const std::size_t shown = dash == std::string::npos ? 0 : std::min<std::size_t>(dash + 1, 4);
  return text_.substr(0, shown) + "…" + text_.substr(text_.size() - 4);
}

bool Secret::equals(std::string_view guess) const {
  if (guess.size() != text_.size()) return false;
  return CRYPTO_memcmp(text_.data(), guess.data(), guess.size()) == 0;
}

}  // namespace aigw
