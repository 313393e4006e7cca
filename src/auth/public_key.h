// A public key of an identity provider, and the check of a signature with it. OpenSSL's handles stay in here.
//
// Immutable once made; any thread may use it.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"

struct evp_pkey_st;

namespace aigw::auth {

class PublicKey {
 public:
  enum class Type { Rsa, P256 };

  // Errors Invalid, all three: another type or curve, RSA of less than 2048 bits (RFC 7518 §3.3) or with the exponent
  // 1, which makes everything a signature. The message says what the key is, and nothing of it.

  // The first PEM block (RFC 7468): `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`, of which neither dates nor issuer
  // are looked at. A private key anywhere in the text is refused: it has no business here.
  static Result<PublicKey> of_pem(std::string_view pem);
  // Unsigned integers, the most significant byte first.
  static Result<PublicKey> of_rsa(std::string_view modulus, std::string_view exponent);
  // A point of P-256, each coordinate with 32 bytes.
  static Result<PublicKey> of_p256(std::string_view x, std::string_view y);

  Type type() const { return type_; }

  // RSA: RSASSA-PKCS1-v1_5 with SHA-256; P-256: ECDSA with SHA-256, the signature being r and s of 32 bytes each
  // (RFC 7518 §3.4).
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  PublicKey(std::shared_ptr<evp_pkey_st> key, Type type) : key_(std::move(key)), type_(type) {}
  static Result<PublicKey> checked(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  Type type_;
};

}  // namespace aigw::auth
