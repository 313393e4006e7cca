// An identity provider's end of tokens: keys made for the test, and signatures with them.
#pragma once

#include <functional>
#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace aigw::auth {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

inline const unsigned char* bytes_at(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// As many bytes as asked for, the most significant first.
inline std::string bytes_of(const BIGNUM* number, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  ::BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
  return bytes;
}

// Signs one text.
using Signer = std::function<std::string(std::string_view)>;

class SigningKey {
 public:
  explicit SigningKey(EVP_PKEY* made) : key_(made) {
    if (made == nullptr) throw std::runtime_error("no key");
  }
  static SigningKey rsa(unsigned bits = 2048) {
    return SigningKey(::EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}));
  }
  static SigningKey ec(const char* curve = "P-256") {
    return SigningKey(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
  }
  static SigningKey ed25519() { return SigningKey(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

  std::string public_pem() const {
    return pem([this](BIO* to) { ::PEM_write_bio_PUBKEY(to, key_.get()); });
  }
  std::string private_pem() const {
    return pem([this](BIO* to) { ::PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  // PKCS #1; for RSA only.
  std::string rsa_public_pem() const {
    return pem([this](BIO* to) {
      unsigned char* der = nullptr;
      const int size = ::i2d_PublicKey(key_.get(), &der);
      ::PEM_write_bio(to, PEM_STRING_RSA_PUBLIC, "", der, size);
      ::CRYPTO_free(der, __FILE__, __LINE__);
    });
  }
  std::string certificate_pem() const {
    const std::unique_ptr<X509, FreeWith<::X509_free>> certificate(::X509_new());
    ::X509_set_pubkey(certificate.get(), key_.get());
    ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -60);
    ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), 60);
    ::X509_sign(certificate.get(), key_.get(), ::EVP_sha256());
    return pem([&](BIO* to) { ::PEM_write_bio_X509(to, certificate.get()); });
  }

  // A number of the key, as a JWK has it.
  std::string number(const char* name, int size) const {
    BIGNUM* got = nullptr;
    ::EVP_PKEY_get_bn_param(key_.get(), name, &got);
    const std::unique_ptr<BIGNUM, FreeWith<::BN_free>> value(got);
    return to_base64url(bytes_of(value.get(), size));
  }
  // A JWK (RFC 7517); `more` are further members, with a comma in front.
  std::string jwk(const std::string& more = "") const {
    const std::string numbers = ::EVP_PKEY_is_a(key_.get(), "RSA") == 1
                                    ? R"("kty":"RSA","n":")" +
                                          number(OSSL_PKEY_PARAM_RSA_N, ::EVP_PKEY_get_size(key_.get())) +
                                          R"(","e":"AQAB")"
                                    : R"("kty":"EC","crv":"P-256","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, 32) +
                                          R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, 32) + '"';
    return '{' + numbers + more + '}';
  }

  // As OpenSSL makes it: DER for ECDSA.
  std::string der_signature(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, FreeWith<::EVP_MD_CTX_free>> context(::EVP_MD_CTX_new());
    std::size_t size = 0;
    ::EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr);
    ::EVP_DigestSign(context.get(), nullptr, &size, bytes_at(text), text.size());
    std::string signature(size, '\0');
    ::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_at(text),
                     text.size());
    signature.resize(size);
    return signature;
  }
  // As a token has it.
  std::string sign(std::string_view text) const {
    const std::string der = der_signature(text);
    if (::EVP_PKEY_is_a(key_.get(), "RSA") == 1) return der;
    const unsigned char* at = bytes_at(der);
    const std::unique_ptr<ECDSA_SIG, FreeWith<::ECDSA_SIG_free>> pair(
        ::d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    return bytes_of(::ECDSA_SIG_get0_r(pair.get()), 32) + bytes_of(::ECDSA_SIG_get0_s(pair.get()), 32);
  }
  Signer signer() const {
    return [this](std::string_view text) { return sign(text); };
  }

 private:
  static std::string pem(const std::function<void(BIO*)>& write) {
    const std::unique_ptr<BIO, FreeWith<::BIO_free>> memory(::BIO_new(::BIO_s_mem()));
    write(memory.get());
    std::string text(::BIO_ctrl_pending(memory.get()), '\0');
    ::BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
    return text;
  }

  std::unique_ptr<EVP_PKEY, FreeWith<::EVP_PKEY_free>> key_;
};

// Keys that all tests share: to make one of RSA takes a while.
inline const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}
inline const SigningKey& ec_key() {
  static const SigningKey key = SigningKey::ec();
  return key;
}

inline std::string hmac(std::string_view secret, std::string_view text) {
  std::string mac(32, '\0');
  std::size_t size = 0;
  ::EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(), bytes_at(text), text.size(),
              reinterpret_cast<unsigned char*>(mac.data()), mac.size(), &size);
  return mac;
}
inline Signer hmac_signer(std::string secret) {
  return [secret = std::move(secret)](std::string_view text) { return hmac(secret, text); };
}

inline std::string token_of(std::string_view header, std::string_view claims, const Signer& sign) {
  const std::string signed_part = to_base64url(header) + '.' + to_base64url(claims);
  return signed_part + '.' + to_base64url(sign(signed_part));
}

inline std::string set_of(const std::string& jwks) { return R"({"keys":[)" + jwks + "]}"; }

}  // namespace aigw::auth
