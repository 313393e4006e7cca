#include "config/jwt_reader.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/text.h"
#include "base/url.h"
#include "config/readers.h"
#include "config/text_file.h"

namespace aigw::config {
namespace {

constexpr std::size_t kSecretBytesMin = 32;  // RFC 7518 section 3.2: no shorter than the hash
constexpr std::size_t kKeyFileBytesMax = 64 * 1024;
constexpr Millis kNoLeeway{0};
constexpr Millis kLeewayMax{10 * 60 * 1000};

std::optional<std::string> read_filled(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  if (!trim(given->value).empty()) return given->value;
  value.refuse("must not be empty");
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_filled_texts(const Value& value) {
  const auto elements = value.elements();
  if (!elements) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& element : *elements) {
    if (auto text = read_filled(element)) texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<Secret> read_hmac_secret(const Value& value) {
  auto secret = read_secret(value);
  if (!secret || secret->reveal().size() >= kSecretBytesMin) return secret;
  value.refuse("expected at least " + std::to_string(kSecretBytesMin) + " bytes, got " +
               std::to_string(secret->reveal().size()));
  return std::nullopt;
}

// What can be told without cryptography; the rest shows when the key is used.
std::optional<std::string> checked_pem(const Value& value, std::string pem) {
  if (contains(pem, "PRIVATE KEY-----")) {
    value.refuse("this is a private key, which nobody but the identity provider should have; give its public key");
    return std::nullopt;
  }
  if (contains(pem, "-----BEGIN ")) return pem;
  value.refuse("expected a public key or a certificate in PEM, which begins with -----BEGIN");
  return std::nullopt;
}

std::optional<std::string> read_public_key(const Value& value) {
  auto given = value.text();
  return given ? checked_pem(value, std::move(given->value)) : std::nullopt;
}

std::optional<std::string> read_public_key_file(const Value& value) {
  const auto path = value.text();
  if (!path) return std::nullopt;
  const Result<std::string> content = read_text_file(path->value, kKeyFileBytesMax);
  if (content) return checked_pem(value, *content);
  value.refuse("can't be read: " + content.error().detail);
  return std::nullopt;
}

// Whoever can change what comes from there can make tokens.
std::optional<std::string> read_jwks_url(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const Result<Url> url = parse_url(given->value.substr(0, given->value.find('?')));  // a document's may have a query
  if (!url) {
    value.refuse(url.error().detail);
    return std::nullopt;
  }
  if (url->tls || is_local_host(url->host)) return given->value;
  value.refuse("must begin with https://, unless its host is at home");
  return std::nullopt;
}

// Where the key comes from.
const std::vector<std::string> kSources = {"secret", "public_key", "public_key_file", "jwks_file", "jwks_url"};

}  // namespace

const Fields<Jwt>& jwt_fields() {
  static const Fields<Jwt> fields = {
      {"issuer", by(&Jwt::issuer, read_filled)},
      {"audience", by(&Jwt::audience, read_filled)},
      {"secret", by(&Jwt::secret, read_hmac_secret)},
      {"public_key", by(&Jwt::public_key, read_public_key)},
      {"public_key_file", by(&Jwt::public_key, read_public_key_file)},
      {"jwks_file", by(&Jwt::jwks_file, read_filled)},
      {"jwks_url", by(&Jwt::jwks_url, read_jwks_url)},
      {"owner_claim", by(&Jwt::owner_claim, read_filled)},
      {"role_claim", text(&Jwt::role_claim)},
      {"admin_roles", by(&Jwt::admin_roles, read_filled_texts)},
      {"models_claim", text(&Jwt::models_claim)},
      {"leeway", seconds(&Jwt::leeway, kNoLeeway, kLeewayMax)},
  };
  return fields;
}

std::optional<Jwt> read_jwt(const Value& value) {
  Jwt jwt;
  if (!read_object(value, jwt_fields(), jwt)) return std::nullopt;
  const std::set<std::string> given = names_given(value);
  for (const char* required : {"issuer", "audience"}) {
    if (!given.contains(required)) value.refuse(in_quotes(required) + " is required");
  }
  const auto sources = std::count_if(kSources.begin(), kSources.end(),
                                     [&](const std::string& source) { return given.contains(source); });
  const std::string names = "secret, public_key, public_key_file, jwks_file and jwks_url";
  if (sources == 0) value.refuse("one of " + names + " is required");
  if (sources > 1) value.refuse(names + " exclude each other");
  return jwt;
}

}  // namespace aigw::config
