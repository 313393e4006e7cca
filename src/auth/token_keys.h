// The keys with which tokens of an identity provider are checked, each for one algorithm.
//
// Immutable once made; any thread may use them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace aigw::auth {

enum class TokenAlgorithm { HS256, RS256, ES256 };  // RFC 7518 §3.1

class TokenKeys {
 public:
  // HS256. Errors Invalid: shorter than 32 bytes (RFC 7518 §3.2).
  static Result<TokenKeys> of_secret(const Secret& secret);
  // A PEM public key or certificate: RS256 for RSA of at least 2048 bits, ES256 for P-256. Errors Invalid: anything
  // else, a private key, too; the message says what it is instead.
  static Result<TokenKeys> of_pem(std::string_view pem);
  // A JWK Set (RFC 7517 §5). Keys of other types, curves, algorithms or uses are left out, and so are weak and private
  // ones: what a set shows, everybody can sign with. Errors Invalid: no JSON, a name twice in one object, no key that
  // can be used, more than 100 keys.
  static Result<TokenKeys> of_jwks(std::string_view json);

  // Whether a token that names this key (may be empty) could be checked with one of them.
  bool has(std::string_view key_id) const;

  // Whether `signature` (raw bytes) is that of `signed_part` by one of the keys that are for `algorithm` and are named
  // `key_id`; all of the algorithm's where the token names none, or the key has no name. HMACs are compared in constant
  // time.
  bool verify(TokenAlgorithm algorithm, std::string_view key_id, std::string_view signed_part,
              std::string_view signature) const;

 private:
  struct Key;
  explicit TokenKeys(std::vector<std::shared_ptr<const Key>> keys) : keys_(std::move(keys)) {}

  std::vector<std::shared_ptr<const Key>> keys_;
};

}  // namespace aigw::auth
