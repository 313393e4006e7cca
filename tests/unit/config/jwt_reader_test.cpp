#include "config/jwt_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"
#include "config/temporary_folder.h"

namespace aigw::config {
namespace {

constexpr const char* kWho = R"("issuer": "https://id.example", "audience": "gateway")";
constexpr const char* kPem = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";

std::string with_jwt(const std::string& fields) { return with_global("\"jwt\": {" + fields + "}"); }
std::string with_source(const std::string& source) { return with_jwt(std::string(kWho) + ", " + source); }

Jwt jwt_of(const std::string& text, const Environment& environment = kNoVariables) {
  const Loaded loaded = load_text(text, environment);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  CHECK(lines_of(loaded.warnings) == "");
  REQUIRE(loaded.config != nullptr);
  REQUIRE(loaded.config->global.jwt.has_value());
  return *loaded.config->global.jwt;
}

}  // namespace

TEST_SUITE("config/jwt_reader") {

TEST_CASE("what is not said has the default of the struct") {
  Jwt want;
  want.issuer = "https://id.example";
  want.audience = "gateway";
  want.jwks_url = "https://id.example/keys";
  CHECK(jwt_of(with_source(R"("jwks_url": "https://id.example/keys")")) == want);
  CHECK(want.owner_claim == "sub");
  CHECK(want.role_claim == "");
  CHECK(want.admin_roles == std::vector<std::string>{"admin"});
  CHECK(want.models_claim == "");
  CHECK(want.leeway == Millis{60'000});
  CHECK_FALSE(load_text(with_global(R"("jwt": null)"), kNoVariables).config->global.jwt.has_value());
}

TEST_CASE("every field is read, with its variables") {
  const Environment environment = with_variables({{"SECRET", std::string(32, 's')}, {"ID", "https://id.example"}});
  const Jwt jwt = jwt_of(with_jwt(R"("issuer": "${ID}/realms/x/", "audience": "a", "secret": "${SECRET}\n",
      "owner_claim": "email", "role_claim": "realm_access.roles", "admin_roles": ["root", "ops"],
      "models_claim": "models", "leeway": 0)"),
                         environment);
  Jwt want;
  want.issuer = "https://id.example/realms/x/";
  want.audience = "a";
  want.secret = Secret(std::string(32, 's'));
  want.owner_claim = "email";
  want.role_claim = "realm_access.roles";
  want.admin_roles = {"root", "ops"};
  want.models_claim = "models";
  want.leeway = Millis{0};
  CHECK(jwt == want);
}

TEST_CASE("a public key stands in the file or in one of its own, a set of keys in a file or at a URL") {
  const TemporaryFolder folder;
  const std::string pem = folder.write("id.pem", kPem);
  CHECK(jwt_of(with_source(R"("public_key_file": ")" + pem + "\"")).public_key == kPem);
  CHECK(jwt_of(with_source(R"("public_key": "-----BEGIN CERTIFICATE-----\n")")).public_key ==
        "-----BEGIN CERTIFICATE-----\n");
  CHECK(jwt_of(with_source(R"("jwks_file": "/etc/jwks.json")")).jwks_file == "/etc/jwks.json");
  for (const char* url : {"https://id.example/keys", "http://localhost:8080/keys", "http://keycloak/keys",
                          "http://192.168.1.5/keys", "http://id.lan/keys", "https://id.example/keys/?p=policy"}) {
    CAPTURE(std::string(url));
    CHECK(jwt_of(with_source(R"("jwks_url": ")" + std::string(url) + "\"")).jwks_url == url);
  }
}

TEST_CASE("jwt is refused with everything that is wrong in it") {
  const TemporaryFolder folder;
  const std::string empty = folder.write("empty.pem", "\n");
  const std::string private_key = folder.write("private.pem", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n");
  const std::string sources = "secret, public_key, public_key_file, jwks_file and jwks_url";
  const std::string no_pem = "expected a public key or a certificate in PEM, which begins with -----BEGIN\n";
  const std::string is_private =
      "this is a private key, which nobody but the identity provider should have; give its public key\n";
  const std::string not_https = "must begin with https://, unless its host is at home\n";
  struct Row {
    std::string text;
    std::string want;
  };
  const Row rows[] = {
      {with_global(R"("jwt": [])"), ": expected an object, got an array\n"},
      {with_jwt(R"("jwks_file": "x")"),
       ": \"issuer\" is required\n_global.jwt: \"audience\" is required\n"},
      {with_jwt(kWho), ": one of " + sources + " is required\n"},
      {with_source(R"("jwks_file": "x", "jwks_url": "https://id.example")"), ": " + sources + " exclude each other\n"},
      {with_jwt(R"("issuer": " ", "audience": "a", "jwks_file": "x")"), ".issuer: must not be empty\n"},
      {with_jwt(R"("issuer": "i", "audience": "", "jwks_file": "x")"), ".audience: must not be empty\n"},
      {with_jwt(R"("issuer": "i", "audience": ["a"], "jwks_file": "x")"),
       ".audience: expected a string, got an array\n"},
      {with_jwt(R"("issuer": "${ID}", "audience": "a", "jwks_file": "x")"),
       ".issuer: environment variable ID is not set\n"},
      {with_source(R"("secret": "${SECRET}")"), ".secret: environment variable SECRET is not set\n"},
      {with_source(R"("secret": "0123456789abcdef0123456789abcde")"), ".secret: expected at least 32 bytes, got 31\n"},
      {with_source(R"("public_key": "MFkw")"), ".public_key: " + no_pem},
      {with_source(R"("public_key": "-----BEGIN PRIVATE KEY-----\n")"), ".public_key: " + is_private},
      {with_source(R"("public_key_file": "/nonexistent/x")"),
       ".public_key_file: can't be read: No such file or directory\n"},
      {with_source(R"("public_key_file": ")" + empty + "\""), ".public_key_file: " + no_pem},
      {with_source(R"("public_key_file": ")" + private_key + "\""), ".public_key_file: " + is_private},
      {with_source(R"("jwks_file": "")"), ".jwks_file: must not be empty\n"},
      {with_source(R"("jwks_url": "http://id.example/keys")"), ".jwks_url: " + not_https},
      {with_source(R"("jwks_file": "x", "owner_claim": "")"), ".owner_claim: must not be empty\n"},
      {with_source(R"("jwks_file": "x", "role_claim": 1)"), ".role_claim: expected a string, got a number\n"},
      {with_source(R"("jwks_file": "x", "admin_roles": "admin")"), ".admin_roles: expected an array, got a string\n"},
      {with_source(R"("jwks_file": "x", "admin_roles": ["a", ""])"), ".admin_roles[1]: must not be empty\n"},
      {with_source(R"("jwks_file": "x", "models_claim": null)"), ".models_claim: expected a string, got null\n"},
      {with_source(R"("jwks_file": "x", "leeway": 601)"),
       ".leeway: expected a number of seconds from 0 to 600, got 601\n"},
      {with_source(R"("jwks_file": "x", "leeway": -1)"),
       ".leeway: expected a number of seconds from 0 to 600, got -1\n"},
      {with_source(R"("jwks_file": "x", "isuer": "")"), ".isuer: unknown field, did you mean \"issuer\"?\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(row.text) == "_global.jwt" + row.want);
  }
  const std::string bad_url = problems_of(with_source(R"("jwks_url": "https://user:topsecret@id.example/keys")"));
  CHECK(bad_url.substr(0, 22) == "_global.jwt.jwks_url: ");
  CHECK(bad_url.find("topsecret") == std::string::npos);
}

}  // TEST_SUITE

}  // namespace aigw::config
