// Tokens as an identity provider makes them, and what comes of them.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "auth/jwt.h"
#include "auth/token_signer.h"

namespace aigw::auth {

using Json = nlohmann::json;

inline constexpr std::int64_t kNowSeconds = 1'800'000'000;
inline const WallTime kNow{std::chrono::seconds{kNowSeconds}};
inline constexpr const char* kHeader = R"({"alg":"RS256","typ":"JWT","kid":"one"})";

inline constexpr const char* kIssuer = "The token is by another issuer than the one that this gateway trusts.";

inline config::Jwt rules() {
  config::Jwt rules;
  rules.issuer = "https://id.example.com/realms/home";
  rules.audience = "gateway";
  return rules;
}

inline Json good_claims() {
  return {
      {"iss", "https://id.example.com/realms/home"}, {"aud", "gateway"}, {"sub", "alice"}, {"exp", kNowSeconds + 300}};
}

inline const TokenKeys& rsa_keys() {
  static const TokenKeys keys = *TokenKeys::of_jwks(set_of(rsa_key().jwk(R"(,"kid":"one")")));
  return keys;
}

inline std::string rsa_token(const Json& claims, const std::string& header = kHeader) {
  return token_of(header, claims.dump(), rsa_key().signer());
}

// The sentence that refuses the token, or `good`.
inline std::string outcome(const std::string& token, const TokenKeys& keys, const config::Jwt& under = rules(),
                           WallTime now = kNow) {
  const Result<Claims> claims = verify_jwt(token, under, keys, now);
  if (claims) return "good";
  CHECK(claims.error().kind == ErrorKind::BadRequest);
  return claims.error().detail;
}

}  // namespace aigw::auth
