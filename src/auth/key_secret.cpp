#include "auth/key_secret.h"

#include <openssl/rand.h>

#include <array>

#include "base/digest.h"

namespace aigw::auth {

Result<Secret> new_key_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorKind::Unavailable, "the system gives no random numbers"};
  }
  return Secret("sk-gw-" + to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

std::string digest_of(std::string_view secret) { return sha256_hex(secret); }

}  // namespace aigw::auth
