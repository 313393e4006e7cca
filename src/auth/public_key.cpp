#include "auth/public_key.h"

#include <cstddef>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace aigw::auth {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 16'384;  // beyond it OpenSSL verifies nothing (OPENSSL_RSA_MAX_MODULUS_BITS)
constexpr std::size_t kCoordinateBytes = 32;

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// What was handed out by OPENSSL_malloc; OPENSSL_free is a macro.
void free_memory(void* memory) { ::CRYPTO_free(memory, __FILE__, __LINE__); }

using Bignum = std::unique_ptr<BIGNUM, FreeWith<::BN_free>>;
using Bytes = std::unique_ptr<unsigned char, FreeWith<free_memory>>;
using SharedKey = std::shared_ptr<EVP_PKEY>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

SharedKey share(EVP_PKEY* key) { return SharedKey(key, ::EVP_PKEY_free); }

Bignum number_of(std::string_view bytes) {
  return Bignum(::BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// What went wrong before must not be taken for the fault of what this thread does next with OpenSSL.
struct ErrorQueue {
  ~ErrorQueue() { ::ERR_clear_error(); }
};

// ---- making keys ----------------------------------------------------------------------------------

struct PemBlock {
  std::string label;
  std::string der;
};

std::optional<PemBlock> first_block(std::string_view pem) {
  const std::unique_ptr<BIO, FreeWith<::BIO_free>> memory(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  // Unlike PEM_read_bio_PUBKEY and its kin, this one never asks the terminal for a passphrase.
  if (!memory || ::PEM_read_bio(memory.get(), &label, &header, &data, &size) != 1) return std::nullopt;
  PemBlock block{label, std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size))};
  for (void* const memory_of_block : {static_cast<void*>(label), static_cast<void*>(header), static_cast<void*>(data)})
    free_memory(memory_of_block);
  return block;
}

// Null for what is no key, or has bytes behind it.
SharedKey key_in(const PemBlock& block) {
  const unsigned char* at = bytes_of(block.der);
  const unsigned char* const end = at + block.der.size();
  const long size = static_cast<long>(block.der.size());
  SharedKey key;
  if (block.label == PEM_STRING_PUBLIC) {
    key = share(::d2i_PUBKEY(nullptr, &at, size));
  } else if (block.label == PEM_STRING_RSA_PUBLIC) {
    key = share(::d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
  } else {
    const std::unique_ptr<X509, FreeWith<::X509_free>> certificate(::d2i_X509(nullptr, &at, size));
    if (certificate) key = share(::X509_get_pubkey(certificate.get()));
  }
  return at == end ? key : nullptr;
}

// Null if OpenSSL does not take the values.
SharedKey key_from(const char* type, OSSL_PARAM_BLD* values) {
  const std::unique_ptr<OSSL_PARAM, FreeWith<::OSSL_PARAM_free>> params(::OSSL_PARAM_BLD_to_param(values));
  const std::unique_ptr<EVP_PKEY_CTX, FreeWith<::EVP_PKEY_CTX_free>> context(
      ::EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || ::EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return share(key);
}

using Values = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<::OSSL_PARAM_BLD_free>>;

// ---- judging keys ---------------------------------------------------------------------------------

std::optional<std::string> rsa_fault(const EVP_PKEY* key) {
  const int bits = ::EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin) return "an RSA key of " + std::to_string(bits) + " bits; at least 2048 are needed";
  if (bits > kRsaBitsMax) return "an RSA key of " + std::to_string(bits) + " bits; at most 16384 can be used";
  BIGNUM* got = nullptr;
  const bool has_exponent = ::EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &got) == 1;
  const Bignum exponent(got);
  if (!has_exponent || ::BN_is_odd(got) != 1 || ::BN_is_one(got) == 1) return "an RSA key with an unsafe exponent";
  return std::nullopt;
}

bool is_p256(const EVP_PKEY* key) {
  char name[32] = {};
  return ::EVP_PKEY_get_group_name(key, name, sizeof(name), nullptr) == 1 && std::string_view(name) == "prime256v1";
}

// ---- signatures -----------------------------------------------------------------------------------

// OpenSSL takes what RFC 3279 §2.2.3 writes; tokens have the two numbers alone.
std::string der_of(std::string_view signature) {
  const std::unique_ptr<ECDSA_SIG, FreeWith<::ECDSA_SIG_free>> pair(::ECDSA_SIG_new());
  Bignum r = number_of(signature.substr(0, kCoordinateBytes));
  Bignum s = number_of(signature.substr(kCoordinateBytes));
  if (!pair || !r || !s || ::ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return "";
  static_cast<void>(r.release());  // the pair owns them now
  static_cast<void>(s.release());
  unsigned char* written = nullptr;
  const int size = ::i2d_ECDSA_SIG(pair.get(), &written);
  const Bytes der(written);
  return size <= 0 ? "" : std::string(reinterpret_cast<const char*>(written), static_cast<std::size_t>(size));
}

}  // namespace

Result<PublicKey> PublicKey::checked(std::shared_ptr<evp_pkey_st> key) {
  if (key == nullptr) return invalid("no key that OpenSSL can read");
  if (::EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    if (const auto fault = rsa_fault(key.get())) return invalid(*fault);
    return PublicKey(std::move(key), Type::Rsa);
  }
  if (::EVP_PKEY_is_a(key.get(), "EC") == 1) {
    if (!is_p256(key.get())) return invalid("an EC key of another curve than P-256");
    return PublicKey(std::move(key), Type::P256);
  }
  const char* const type = ::EVP_PKEY_get0_type_name(key.get());
  return invalid("a key of type " + std::string(type == nullptr ? "unknown" : type) + "; RSA or P-256 is needed");
}

Result<PublicKey> PublicKey::of_pem(std::string_view pem) {
  const ErrorQueue cleared;
  if (contains(pem, "PRIVATE KEY-----")) return invalid("a private key; the public one is needed");
  const std::optional<PemBlock> block = first_block(pem);
  if (!block) return invalid("no PEM (-----BEGIN PUBLIC KEY-----)");
  if (block->label != PEM_STRING_PUBLIC && block->label != PEM_STRING_RSA_PUBLIC && block->label != PEM_STRING_X509) {
    return invalid("a PEM block with another label than PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE");
  }
  return checked(key_in(*block));
}

Result<PublicKey> PublicKey::of_rsa(std::string_view modulus, std::string_view exponent) {
  const ErrorQueue cleared;
  const Bignum n = number_of(modulus);
  const Bignum e = number_of(exponent);
  const Values values(::OSSL_PARAM_BLD_new());
  if (!n || !e || !values || ::OSSL_PARAM_BLD_push_BN(values.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      ::OSSL_PARAM_BLD_push_BN(values.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return checked(nullptr);
  }
  return checked(key_from("RSA", values.get()));
}

Result<PublicKey> PublicKey::of_p256(std::string_view x, std::string_view y) {
  const ErrorQueue cleared;
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return checked(nullptr);
  const std::string point = std::string("\x04").append(x).append(y);  // SEC 1 §2.3.3, uncompressed
  const Values values(::OSSL_PARAM_BLD_new());
  if (!values || ::OSSL_PARAM_BLD_push_utf8_string(values.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      ::OSSL_PARAM_BLD_push_octet_string(values.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return checked(nullptr);
  }
  return checked(key_from("EC", values.get()));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  const ErrorQueue cleared;
  std::string der;
  if (type_ == Type::P256) {
    if (signature.size() != 2 * kCoordinateBytes) return false;
    der = der_of(signature);
    signature = der;
  }
  const std::unique_ptr<EVP_MD_CTX, FreeWith<::EVP_MD_CTX_free>> context(::EVP_MD_CTX_new());
  return context &&
         ::EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1 &&
         ::EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) ==
             1;
}

}  // namespace aigw::auth
