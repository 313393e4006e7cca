#include "auth/jwt.h"

#include <doctest/doctest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "auth/jwt_fixture.h"
#include "auth/token_signer.h"

namespace aigw::auth {
namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";

constexpr const char* kThreeParts = "The token is no signed JWT: it must have three parts with dots between them.";
constexpr const char* kNotWhole = "The token is not whole: its parts must be base64url without padding.";
constexpr const char* kAlgorithm = "The token must be signed with HS256, RS256 or ES256.";
constexpr const char* kSignature = "The token's signature is by no key that this gateway trusts.";

std::string reversed_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c ^ (std::isalpha(static_cast<unsigned char>(c)) ? 0x20 : 0));
  return text;
}

TEST_SUITE("auth/jwt") {
  TEST_CASE("a token of each algorithm is good with its key") {
    const std::string claims = good_claims().dump();
    const TokenKeys secret = *TokenKeys::of_secret(Secret(kSecret));
    const TokenKeys ec = *TokenKeys::of_pem(ec_key().public_pem());
    CHECK(outcome(rsa_token(good_claims()), rsa_keys()) == "good");
    CHECK(outcome(rsa_token(good_claims(), R"({"alg":"RS256"})"), rsa_keys()) == "good");
    CHECK(outcome(token_of(R"({"alg":"HS256"})", claims, hmac_signer(kSecret)), secret) == "good");
    CHECK(outcome(token_of(R"({"alg":"ES256","kid":"any"})", claims, ec_key().signer()), ec) == "good");
  }

  TEST_CASE("the example of RFC 7515 A.1 is by the key that stands there") {
    const std::string token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const std::string secret =
        *from_base64("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    config::Jwt of_joe = rules();
    of_joe.issuer = "joe";
    CHECK(outcome(token, *TokenKeys::of_secret(Secret(secret)), of_joe) == "The token lacks the claim `aud`.");
    CHECK(outcome(token, *TokenKeys::of_secret(Secret(kSecret)), of_joe) == kSignature);
  }

  TEST_CASE("a token without a signature, or with that of another kind of key, is refused") {
    const std::string claims = good_claims().dump();
    const TokenKeys secret = *TokenKeys::of_secret(Secret(kSecret));
    const Signer nobody = [](std::string_view) { return ""; };
    const Signer rsa = rsa_key().signer();
    for (const char* none : {"none", "None", "NONE", "nOnE", "", "rs256", "RS512", "PS256", "HS384", "EdDSA"}) {
      CAPTURE(none);
      const std::string header = R"({"alg":")" + std::string(none) + R"(","kid":"one"})";
      CHECK(outcome(token_of(header, claims, nobody), rsa_keys()) == kAlgorithm);
      CHECK(outcome(token_of(header, claims, rsa), rsa_keys()) == kAlgorithm);
    }
    for (const char* header : {R"({})", R"({"alg":null})", R"({"alg":256})", R"({"alg":["RS256"]})"}) {
      CAPTURE(header);
      CHECK(outcome(token_of(header, claims, rsa), rsa_keys()) == kAlgorithm);
    }
    // What everybody may know is no secret.
    const TokenKeys of_pem = *TokenKeys::of_pem(rsa_key().public_pem());
    for (const std::string& known : {rsa_key().public_pem(), rsa_key().rsa_public_pem(), rsa_key().jwk()}) {
      CAPTURE(known);
      CHECK(outcome(token_of(R"({"alg":"HS256"})", claims, hmac_signer(known)), of_pem) == kSignature);
      CHECK(outcome(token_of(R"({"alg":"HS256","kid":"one"})", claims, hmac_signer(known)), rsa_keys()) == kSignature);
    }
    CHECK(outcome(token_of(R"({"alg":"RS256"})", claims, hmac_signer(kSecret)), secret) == kSignature);
    CHECK(outcome(rsa_token(good_claims()), secret) == kSignature);
    CHECK(outcome(token_of(R"({"alg":"ES256","kid":"one"})", claims, rsa), rsa_keys()) == kSignature);
    CHECK(outcome(token_of(kHeader, claims, nobody), rsa_keys()) == kSignature);
    CHECK(outcome(token_of(R"({"alg":"HS256"})", claims, nobody), secret) == kSignature);
  }

  TEST_CASE("a signature by another key, or of other text, is refused") {
    const std::string claims = good_claims().dump();
    const SigningKey other = SigningKey::rsa();
    const std::string token = rsa_token(good_claims());
    CHECK(outcome(token_of(kHeader, claims, other.signer()), rsa_keys()) == kSignature);
    CHECK(outcome(rsa_token(good_claims(), R"({"alg":"RS256","kid":"two"})"), rsa_keys()) == kSignature);
    CHECK(outcome(rsa_token(good_claims(), R"({"alg":"RS256","kid":7})"), rsa_keys()) ==
          "The token's `kid` must be a text.");
    // A key that the token brings along is anybody's.
    const std::string own =
        R"({"alg":"RS256","kid":"one","jku":"https://evil.example/jwks","jwk":)" + other.jwk() + '}';
    CHECK(outcome(token_of(own, claims, other.signer()), rsa_keys()) == kSignature);

    Json changed = good_claims();
    changed["sub"] = "mallory";
    const std::size_t last = token.rfind('.');
    const std::string forged = rsa_token(changed).substr(0, rsa_token(changed).rfind('.')) + token.substr(last);
    CHECK(outcome(forged, rsa_keys()) == kSignature);
  }

  TEST_CASE("an ES256 signature is two numbers of 32 bytes, neither of them 0") {
    const TokenKeys keys = *TokenKeys::of_pem(ec_key().public_pem());
    const auto outcome_of = [&](const Signer& sign) {
      return outcome(token_of(R"({"alg":"ES256"})", good_claims().dump(), sign), keys);
    };
    const std::string zero(32, '\0');
    CHECK(outcome_of(ec_key().signer()) == "good");
    CHECK(outcome_of([](std::string_view text) { return ec_key().der_signature(text); }) == kSignature);
    CHECK(outcome_of([](std::string_view text) { return ec_key().sign(text).substr(0, 63); }) == kSignature);
    CHECK(outcome_of([](std::string_view text) { return ec_key().sign(text) + '\0'; }) == kSignature);
    CHECK(outcome_of([](std::string_view text) { return ec_key().sign(text).insert(32, 1, '\0'); }) == kSignature);
    CHECK(outcome_of([&](std::string_view text) { return zero + ec_key().sign(text).substr(32); }) == kSignature);
    CHECK(outcome_of([&](std::string_view text) { return ec_key().sign(text).substr(0, 32) + zero; }) == kSignature);
    CHECK(outcome_of([&](std::string_view) { return zero + zero; }) == kSignature);  // CVE-2022-21449
    CHECK(outcome_of([](std::string_view) { return std::string(64, '\xff'); }) == kSignature);
  }

  TEST_CASE("what is spelt in another way than RFC 7515 §2 does is refused") {
    Json with_symbols = good_claims();
    with_symbols["sub"] = "?????";  // has `_` in base64url, wherever it stands
    const std::string token = rsa_token(with_symbols);
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    const std::string signed_part = token.substr(0, last);
    std::string standard = token;
    for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
    REQUIRE(standard != token);
    struct Row {
      const char* name;
      std::string token;
      const char* want;
    };
    for (const Row& row :
         {Row{"nothing", "", kThreeParts},
          {"two parts", signed_part, kThreeParts},
          {"four parts", token + ".", kThreeParts},
          {"five parts", token + ".a.b", kThreeParts},
          {"a line end behind", token + "\n", kNotWhole},
          {"a blank in front", " " + token, kNotWhole},
          {"a blank inside", std::string(token).insert(first, " "), kNotWhole},
          {"a NUL", std::string(token).insert(first, 1, '\0'), kNotWhole},
          {"padding", token + "==", kNotWhole},
          {"the standard alphabet", standard, kNotWhole},
          {"a symbol that makes no byte", token + "AAA", kNotWhole},
          {"bits behind the last byte", token.substr(0, last + 1) + "AB", kNotWhole},
          {"no header", token.substr(first), "The token's header can't be read: no JSON."},
          {"an empty signature", token.substr(0, last + 1), kSignature},
          {"one symbol in another case", reversed_case(token.substr(0, 1)) + token.substr(1),
           "The token's header can't be read: no JSON."},
          {"16 KiB", token + std::string(16 * 1024 + 1 - token.size(), 'A'), "The token is larger than 16 KiB."}}) {
      CAPTURE(row.name);
      CHECK(outcome(row.token, rsa_keys()) == row.want);
    }
  }

  TEST_CASE("a header that could be read in two ways, or asks for more, is refused") {
    struct Row {
      std::string header;
      const char* want;
    };
    const std::string deep = R"({"alg":"RS256","x":)" + std::string(5'000, '[') + std::string(5'000, ']') + '}';
    for (const Row& row :
         {Row{"[]", "The token's header can't be read: no JSON object."},
          {"\"RS256\"", "The token's header can't be read: no JSON object."},
          {R"({"alg":"RS256")", "The token's header can't be read: no JSON."},
          {R"({"alg":"none","alg":"RS256"})", "The token's header can't be read: a name stands twice in one object."},
          {R"({"alg":"RS256","kid":"one","\u006bid":"two"})",
           "The token's header can't be read: a name stands twice in one object."},
          {deep, "The token's header can't be read: nested deeper than 64 levels."},
          {R"({"alg":"RS256","crit":["exp"],"exp":1})", "The token has `crit`, which is not supported."},
          {R"({"alg":"RS256","crit":[]})", "The token has `crit`, which is not supported."},
          {R"({"alg":"RS256","b64":false,"crit":["b64"]})", "The token has `crit`, which is not supported."},
          {R"({"alg":"RS256","b64":false})", "The token has `b64`, which is not supported."}}) {
      CAPTURE(row.header.substr(0, 100));
      CHECK(outcome(rsa_token(good_claims(), row.header), rsa_keys()) == row.want);
    }
  }

  TEST_CASE("checks go from the outside in: no claim is told of before the signature is known to be good") {
    Json bad = good_claims();
    bad["exp"] = 0;
    bad["iss"] = "https://evil.example";
    CHECK(outcome(token_of(kHeader, bad.dump(), SigningKey::rsa().signer()), rsa_keys()) == kSignature);
    CHECK(outcome(rsa_token(bad), rsa_keys()) == kIssuer);
  }

  TEST_CASE("a token is told from a key by its form, and tells the name of its key") {
    CHECK(looks_like_jwt(rsa_token(good_claims())));
    CHECK(key_id_of(rsa_token(good_claims())) == "one");
    const std::string unsigned_token = to_base64url(R"({"alg":"none"})") + ".e30.";
    CHECK(looks_like_jwt(unsigned_token));
    CHECK(key_id_of(unsigned_token) == "");
    CHECK(key_id_of(to_base64url(R"({"kid":1})") + ".e30.") == "");
    for (const std::string& key : {std::string(), std::string("sk-gw-abc"), std::string(".."), std::string("a.b.c"),
                                   std::string("e30"), std::string("W10.e30.AA"), std::string("e30.e30.A=="),
                                   std::string(1'000'000, '.'), "Bearer " + unsigned_token}) {
      CAPTURE(key.substr(0, 100));
      CHECK_FALSE(looks_like_jwt(key));
    }
  }

  TEST_CASE("no sentence repeats what a token says") {
    const std::string mark = "s3cr3t-mark";
    config::Jwt all = rules();
    all.role_claim = "role";
    all.models_claim = "models";
    std::vector<std::string> tokens = {
        mark,
        mark + ".." + mark,
        token_of(mark, "{}", rsa_key().signer()),
        rsa_token(good_claims(), R"({"alg":")" + mark + "\"}"),
        rsa_token(good_claims(), R"({"alg":"RS256","kid":")" + mark + "\"}"),
        token_of(kHeader, R"({"a":")" + mark + R"(",")" + mark + "\":1,", rsa_key().signer())};
    for (const char* name : {"iss", "aud", "exp", "nbf"}) {
      Json claims = good_claims();
      claims[name] = mark;
      tokens.push_back(rsa_token(claims));
    }
    for (const char* name : {"sub", "role", "models"}) {
      Json claims = good_claims();
      claims[name] = {{mark, mark}};
      tokens.push_back(rsa_token(claims));
    }
    for (const std::string& token : tokens) {
      CAPTURE(token);
      const std::string sentence = outcome(token, rsa_keys(), all);
      CHECK(sentence != "good");
      CHECK(sentence.find(mark) == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace aigw::auth
