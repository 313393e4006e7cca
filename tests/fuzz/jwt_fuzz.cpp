// Reads any bytes as a token, as keys, and as header and claims (first line, other lines) of a token that is signed
// well. Nothing that was not signed with the secret may pass, and what passes must have an owner that fits a name.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <openssl/evp.h>
#include <string>
#include <string_view>

#include "auth/jwt.h"
#include "auth/token_keys.h"
#include "base/digest.h"

namespace {

using namespace aigw::auth;

constexpr std::string_view kSecret = "the fuzz target's own, 32 bytes!";
constexpr aigw::WallTime kNow{std::chrono::seconds{1'800'000'000}};

aigw::config::Jwt rules() {
  aigw::config::Jwt rules;
  rules.issuer = "i";
  rules.audience = "a";
  rules.role_claim = "r.s";
  rules.models_claim = "m";
  return rules;
}

const TokenKeys& secret_keys() {
  static const TokenKeys keys = *TokenKeys::of_secret(aigw::Secret(std::string(kSecret)));
  return keys;
}

std::string signed_token(std::string_view header, std::string_view claims) {
  const std::string text = aigw::to_base64url(header) + '.' + aigw::to_base64url(claims);
  std::array<unsigned char, 32> mac{};
  std::size_t size = 0;
  ::EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, kSecret.data(), kSecret.size(),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), mac.size(), &size);
  return text + '.' + aigw::to_base64url({reinterpret_cast<const char*>(mac.data()), size});
}

void check(const Claims& claims) {
  if (claims.owner.empty() || claims.owner.size() > 200 || claims.models.patterns.empty()) std::abort();
  for (const char c : claims.owner) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') std::abort();
  }
}

void read_keys(const aigw::Result<TokenKeys>& keys, std::string_view text) {
  if (!keys) return;
  if (!keys->has("")) std::abort();
  const std::string token = signed_token(R"({"alg":"RS256"})", text);
  if (verify_jwt(token, rules(), *keys, kNow)) std::abort();
  for (const TokenAlgorithm algorithm : {TokenAlgorithm::HS256, TokenAlgorithm::RS256, TokenAlgorithm::ES256}) {
    if (keys->verify(algorithm, "", "text", text.substr(0, 64))) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (looks_like_jwt(text)) static_cast<void>(key_id_of(text));
  if (verify_jwt(text, rules(), secret_keys(), kNow)) std::abort();

  const std::size_t line_end = text.find('\n');
  if (line_end != std::string_view::npos) {
    const std::string token = signed_token(text.substr(0, line_end), text.substr(line_end + 1));
    const aigw::Result<Claims> claims = verify_jwt(token, rules(), secret_keys(), kNow);
    if (claims) check(*claims);
    if (claims && !looks_like_jwt(token)) std::abort();
  }
  read_keys(TokenKeys::of_jwks(text), text);
  read_keys(TokenKeys::of_pem(text), text);
  return 0;
}
