#include "auth/token_keys.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <optional>
#include <variant>

#include "auth/public_key.h"
#include "auth/strict_json.h"
#include "base/digest.h"

namespace aigw::auth {

struct TokenKeys::Key {
  TokenAlgorithm algorithm;
  std::string id;  // "": it has none
  std::variant<Secret, PublicKey> material;

  // Whether a token that names this key may be checked with it.
  bool answers_to(std::string_view key_id) const { return key_id.empty() || id.empty() || id == key_id; }
};

namespace {

using Json = nlohmann::json;

constexpr std::size_t kSecretBytesMin = 32;
constexpr std::size_t kKeysMax = 100;

TokenAlgorithm algorithm_of(const PublicKey& key) {
  return key.type() == PublicKey::Type::Rsa ? TokenAlgorithm::RS256 : TokenAlgorithm::ES256;
}

bool is_hmac(const Secret& secret, std::string_view signed_part, std::string_view signature) {
  std::array<unsigned char, 32> mac{};
  std::size_t size = 0;
  const std::string& key = secret.reveal();
  const bool made = ::EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                                reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(),
                                mac.data(), mac.size(), &size) != nullptr;
  return made && size == mac.size() && signature.size() == mac.size() &&
         ::CRYPTO_memcmp(mac.data(), signature.data(), mac.size()) == 0;
}

// ---- JWK ------------------------------------------------------------------------------------------

// The member's text; "" where there is none, nothing where it is of another type.
std::optional<std::string> optional_text(const Json& jwk, std::string_view name) {
  const Json* const member = member_of(jwk, name);
  if (member == nullptr) return "";
  if (!member->is_string()) return std::nullopt;
  return member->get_ref<const std::string&>();
}

std::optional<std::string> bytes_in(const Json& jwk, std::string_view name) {
  const std::optional<std::string> text = optional_text(jwk, name);
  if (!text || text->empty()) return std::nullopt;
  return from_base64(*text);
}

// RFC 7517 §4.2 to §4.4: what the key is for, as far as it says so.
bool may_verify(const Json& jwk, std::string_view algorithm) {
  const std::optional<std::string> use = optional_text(jwk, "use");
  const std::optional<std::string> named = optional_text(jwk, "alg");
  if (!use || !(use->empty() || *use == "sig")) return false;
  if (!named || !(named->empty() || *named == algorithm)) return false;
  const Json* const operations = member_of(jwk, "key_ops");
  if (operations == nullptr) return true;
  return operations->is_array() && std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

// RFC 7518 §6.2 and §6.3. Nothing for a key that can't be used.
std::optional<PublicKey> public_key_in(const Json& jwk) {
  const std::optional<std::string> type = optional_text(jwk, "kty");
  const bool is_rsa = type == "RSA";
  const bool is_p256 = type == "EC" && optional_text(jwk, "crv") == "P-256";
  if (!(is_rsa || is_p256) || !may_verify(jwk, is_rsa ? "RS256" : "ES256")) return std::nullopt;
  const std::optional<std::string> first = bytes_in(jwk, is_rsa ? "n" : "x");
  const std::optional<std::string> second = bytes_in(jwk, is_rsa ? "e" : "y");
  if (!first || !second || member_of(jwk, "d") != nullptr) return std::nullopt;
  Result<PublicKey> key = is_rsa ? PublicKey::of_rsa(*first, *second) : PublicKey::of_p256(*first, *second);
  if (!key) return std::nullopt;
  return std::move(*key);
}

}  // namespace

Result<TokenKeys> TokenKeys::of_secret(const Secret& secret) {
  if (secret.reveal().size() < kSecretBytesMin) return invalid("a secret of less than 32 bytes");
  return TokenKeys({std::make_shared<const Key>(Key{TokenAlgorithm::HS256, "", secret})});
}

Result<TokenKeys> TokenKeys::of_pem(std::string_view pem) {
  Result<PublicKey> key = PublicKey::of_pem(pem);
  if (!key) return key.error();
  return TokenKeys({std::make_shared<const Key>(Key{algorithm_of(*key), "", std::move(*key)})});
}

Result<TokenKeys> TokenKeys::of_jwks(std::string_view json) {
  const Result<Json> set = parse_strictly(json);
  if (!set) return set.error();
  const Json* const list = member_of(*set, "keys");
  if (list == nullptr || !list->is_array()) return invalid("no list `keys`");
  if (list->size() > kKeysMax) return invalid("more than 100 keys");
  std::vector<std::shared_ptr<const Key>> keys;
  for (const Json& jwk : *list) {
    std::optional<std::string> id = optional_text(jwk, "kid");
    std::optional<PublicKey> key = public_key_in(jwk);
    if (!id || !key) continue;
    keys.push_back(std::make_shared<const Key>(Key{algorithm_of(*key), std::move(*id), std::move(*key)}));
  }
  if (keys.empty()) return invalid("no public key for RS256 (2048 bits at least) or ES256");
  return TokenKeys(std::move(keys));
}

bool TokenKeys::has(std::string_view key_id) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) { return key->answers_to(key_id); });
}

bool TokenKeys::verify(TokenAlgorithm algorithm, std::string_view key_id, std::string_view signed_part,
                       std::string_view signature) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) {
    if (key->algorithm != algorithm || !key->answers_to(key_id)) return false;
    const Secret* const secret = std::get_if<Secret>(&key->material);
    return secret != nullptr ? is_hmac(*secret, signed_part, signature)
                             : std::get<PublicKey>(key->material).verify(signed_part, signature);
  });
}

}  // namespace aigw::auth
