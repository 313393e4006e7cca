#include "auth/token_keys.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "auth/token_signer.h"

namespace aigw::auth {
namespace {

constexpr std::string_view kText = "signed text";
const std::string kSecret = "0123456789abcdef0123456789abcdef";

// 1 as an exponent makes every padded digest its own signature.
std::string jwk_with_exponent(const std::string& exponent) {
  return R"({"kty":"RSA","n":")" + rsa_key().number(OSSL_PKEY_PARAM_RSA_N, 256) + R"(","e":")" + exponent + "\"}";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "nothing to replace" : text.replace(at, from.size(), to);
}

// The same public key with a byte behind it.
std::string prolonged(const std::string& pem) {
  const std::size_t begin = pem.find('\n');
  const std::size_t end = pem.find("\n-----END");
  return pem.substr(0, begin + 1) + to_base64(*from_base64(pem.substr(begin, end - begin)) + '\0') + pem.substr(end);
}

TEST_SUITE("auth/token_keys") {
  TEST_CASE("a key checks signatures of its own algorithm alone") {
    struct Row {
      const char* name;
      Result<TokenKeys> keys;
      TokenAlgorithm algorithm;
      std::string signature;
    };
    const std::string rsa_signature = rsa_key().sign(kText);
    const std::string ec_signature = ec_key().sign(kText);
    const std::vector<Row> rows = {
        {"secret", TokenKeys::of_secret(Secret(kSecret)), TokenAlgorithm::HS256, hmac(kSecret, kText)},
        {"RSA", TokenKeys::of_pem(rsa_key().public_pem()), TokenAlgorithm::RS256, rsa_signature},
        {"RSA, PKCS #1", TokenKeys::of_pem(rsa_key().rsa_public_pem()), TokenAlgorithm::RS256, rsa_signature},
        {"RSA, certificate", TokenKeys::of_pem(rsa_key().certificate_pem()), TokenAlgorithm::RS256, rsa_signature},
        {"P-256", TokenKeys::of_pem("Made by hand\n" + ec_key().public_pem()), TokenAlgorithm::ES256, ec_signature},
        {"P-256, certificate", TokenKeys::of_pem(ec_key().certificate_pem()), TokenAlgorithm::ES256, ec_signature},
        {"RSA, JWK", TokenKeys::of_jwks(set_of(rsa_key().jwk())), TokenAlgorithm::RS256, rsa_signature},
        {"P-256, JWK", TokenKeys::of_jwks(set_of(ec_key().jwk())), TokenAlgorithm::ES256, ec_signature}};
    for (const Row& row : rows) {
      CAPTURE(row.name);
      REQUIRE(row.keys);
      for (const TokenAlgorithm algorithm : {TokenAlgorithm::HS256, TokenAlgorithm::RS256, TokenAlgorithm::ES256}) {
        CHECK(row.keys->verify(algorithm, "", kText, row.signature) == (algorithm == row.algorithm));
      }
      CHECK_FALSE(row.keys->verify(row.algorithm, "", "another text", row.signature));
      CHECK_FALSE(row.keys->verify(row.algorithm, "", kText, ""));
      CHECK_FALSE(row.keys->verify(row.algorithm, "", kText, row.signature + '\0'));
      CHECK_FALSE(row.keys->verify(row.algorithm, "", kText, row.signature.substr(1)));
      CHECK(row.keys->has(""));
      CHECK(row.keys->has("any"));  // as the key has no name
    }
  }

  TEST_CASE("a key that signs nothing safely, or may not be here, is refused") {
    struct Row {
      const char* name;
      std::string pem;
      std::string want;
    };
    const std::string begin = "-----BEGIN PUBLIC KEY-----\n";
    const std::string end = "\n-----END PUBLIC KEY-----\n";
    for (const Row& row :
         {Row{"nothing", "", "no PEM (-----BEGIN PUBLIC KEY-----)"},
          {"half", rsa_key().public_pem().substr(0, 200), "no PEM (-----BEGIN PUBLIC KEY-----)"},
          {"a byte too many", prolonged(ec_key().public_pem()), "no key that OpenSSL can read"},
          {"noise", begin + "AAAA" + end, "no key that OpenSSL can read"},
          {"RSA 1024", SigningKey::rsa(1024).public_pem(), "an RSA key of 1024 bits; at least 2048 are needed"},
          {"P-384", SigningKey::ec("P-384").public_pem(), "an EC key of another curve than P-256"},
          {"secp256k1", SigningKey::ec("secp256k1").public_pem(), "an EC key of another curve than P-256"},
          {"Ed25519", SigningKey::ed25519().public_pem(), "a key of type ED25519; RSA or P-256 is needed"},
          {"private RSA", rsa_key().private_pem(), "a private key; the public one is needed"},
          {"private EC", ec_key().private_pem(), "a private key; the public one is needed"},
          {"both", rsa_key().public_pem() + rsa_key().private_pem(), "a private key; the public one is needed"},
          {"a list", replaced(replaced(rsa_key().public_pem(), "PUBLIC KEY", "X509 CRL"), "PUBLIC KEY", "X509 CRL"),
           "a PEM block with another label than PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE"}}) {
      CAPTURE(row.name);
      const Result<TokenKeys> keys = TokenKeys::of_pem(row.pem);
      REQUIRE_FALSE(keys);
      CHECK(keys.error().detail == row.want);
    }
    CHECK_FALSE(TokenKeys::of_secret(Secret(std::string(31, 'x'))));
    CHECK(TokenKeys::of_secret(Secret(std::string(32, 'x'))));
  }

  TEST_CASE("a set without a key that can be used is refused") {
    const std::string none = "no public key for RS256 (2048 bits at least) or ES256";
    struct Row {
      const char* name;
      std::string set;
      std::string want;
    };
    const std::string rsa = rsa_key().jwk();
    const std::string x = ec_key().number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
    const std::string point = *from_base64(x) + *from_base64(ec_key().number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    const std::string uneven = R"({"kty":"EC","crv":"P-256","x":")" + to_base64url(point.substr(0, 33)) + R"(","y":")" +
                               to_base64url(point.substr(33)) + "\"}";
    std::string many = rsa;
    for (int i = 0; i < 100; ++i) many += ',' + rsa;
    for (const Row& row :
         {Row{"no JSON", "keys", "no JSON"},
          {"a name twice", R"({"keys":[],"keys":[)" + rsa + "]}", "a name stands twice in one object"},
          {"a key alone", rsa, "no list `keys`"},
          {"no list", R"({"keys":{}})", "no list `keys`"},
          {"101 keys", set_of(many), "more than 100 keys"},
          {"none", set_of(""), none},
          {"no objects", set_of(R"(1,null,[],"a")"), none},
          {"RSA 1024", set_of(SigningKey::rsa(1024).jwk()), none},
          {"exponent 1", set_of(jwk_with_exponent("AQ")), none},
          {"exponent 2", set_of(jwk_with_exponent("Ag")), none},
          {"exponent of nothing", set_of(jwk_with_exponent("")), none},
          {"no modulus", set_of(R"({"kty":"RSA","e":"AQAB"})"), none},
          {"modulus 0", set_of(R"({"kty":"RSA","n":"AA","e":"AQAB"})"), none},
          {"modulus no text", set_of(R"({"kty":"RSA","n":1,"e":"AQAB"})"), none},
          {"modulus no base64", set_of(R"({"kty":"RSA","n":"*","e":"AQAB"})"), none},
          {"symmetric", set_of(R"({"kty":"oct","k":")" + to_base64url(kSecret) + R"(","alg":"HS256"})"), none},
          {"P-384", set_of(replaced(ec_key().jwk(), "P-256", "P-384")), none},
          {"Ed25519", set_of(R"({"kty":"OKP","crv":"Ed25519","x":")" + x + "\"}"), none},
          {"not on the curve", set_of(replaced(ec_key().jwk(), R"("y":")", R"("y":")" + x + R"(","was":")")), none},
          {"coordinates of 33 and 31 bytes", set_of(uneven), none},
          {"short coordinate", set_of(replaced(ec_key().jwk(), R"("x":")" + x, R"("x":"AQ)")), none},
          {"for encryption", set_of(rsa_key().jwk(R"(,"use":"enc")")), none},
          {"use no text", set_of(rsa_key().jwk(R"(,"use":1)")), none},
          {"another algorithm", set_of(rsa_key().jwk(R"(,"alg":"RS512")")), none},
          {"an algorithm of secrets", set_of(rsa_key().jwk(R"(,"alg":"HS256")")), none},
          {"RSA for ES256", set_of(rsa_key().jwk(R"(,"alg":"ES256")")), none},
          {"EC for RS256", set_of(ec_key().jwk(R"(,"alg":"RS256")")), none},
          {"other operations", set_of(rsa_key().jwk(R"(,"key_ops":["sign","encrypt"])")), none},
          {"operations no list", set_of(rsa_key().jwk(R"(,"key_ops":"verify")")), none},
          {"name no text", set_of(rsa_key().jwk(R"(,"kid":1)")), none},
          {"private", set_of(rsa_key().jwk(R"(,"d":"AQAB")")), none}}) {
      CAPTURE(row.name);
      const Result<TokenKeys> keys = TokenKeys::of_jwks(row.set);
      REQUIRE_FALSE(keys);
      CHECK(keys.error().detail == row.want);
    }
  }

  TEST_CASE("of a set those keys are used that can be, each under its name") {
    const SigningKey other = SigningKey::ec();
    const std::string broken = rsa_key().jwk(R"(,"kid":"broken","use":"enc")");
    const std::string rsa = rsa_key().jwk(R"(,"kid":"rsa","use":"sig","alg":"RS256","key_ops":["verify"],"x5t":1)");
    const auto keys = TokenKeys::of_jwks(
        set_of(broken + ",7," + rsa + ',' + ec_key().jwk(R"(,"kid":"ec")") + ',' + other.jwk(R"(,"kid":"other")")));
    REQUIRE(keys);
    CHECK(keys->has(""));
    CHECK(keys->has("rsa"));
    CHECK(keys->has("ec"));
    CHECK_FALSE(keys->has("broken"));
    CHECK_FALSE(keys->has("RSA"));
    CHECK(keys->verify(TokenAlgorithm::RS256, "rsa", kText, rsa_key().sign(kText)));
    CHECK(keys->verify(TokenAlgorithm::ES256, "other", kText, other.sign(kText)));
    CHECK_FALSE(keys->verify(TokenAlgorithm::ES256, "ec", kText, other.sign(kText)));
    CHECK_FALSE(keys->verify(TokenAlgorithm::ES256, "unknown", kText, other.sign(kText)));
    CHECK(keys->verify(TokenAlgorithm::ES256, "", kText, other.sign(kText)));
  }
}

}  // namespace
}  // namespace aigw::auth
