// What tokens claim, once their signature is known to be good.
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "auth/jwt.h"
#include "auth/jwt_fixture.h"
#include "auth/token_signer.h"

namespace aigw::auth {
namespace {

constexpr const char* kAudience = "The token is for another audience than this gateway.";
constexpr const char* kExpired = "The token has expired.";

// The same for a well-signed token with these claims instead of, or beside, the good ones. A null takes one away.
std::string outcome_with(const Json& changes, const config::Jwt& under = rules(), WallTime now = kNow) {
  Json claims = good_claims();
  for (const auto& [name, value] : changes.items()) {
    if (value.is_null()) {
      claims.erase(name);
    } else {
      claims[name] = value;
    }
  }
  return outcome(rsa_token(claims), rsa_keys(), under, now);
}

TEST_SUITE("auth/jwt_claims") {
  TEST_CASE("claims that could be read in two ways are refused") {
    const std::string rest = R"("iss":"https://id.example.com/realms/home","aud":"gateway","exp":1900000000})";
    const auto outcome_of = [](const std::string& claims) {
      return outcome(token_of(kHeader, claims, rsa_key().signer()), rsa_keys());
    };
    CHECK(outcome_of(R"({"sub":"alice",)" + rest) == "good");
    CHECK(outcome_of(R"({"sub":"alice","sub":"bob",)" + rest) ==
          "The token's claims can't be read: a name stands twice in one object.");
    CHECK(outcome_of(R"({"sub":"alice","exp":1,)" + rest) ==
          "The token's claims can't be read: a name stands twice in one object.");
    CHECK(outcome_of(R"({"sub":"alice","a":{"b":1,"b":1},)" + rest) ==
          "The token's claims can't be read: a name stands twice in one object.");
    CHECK(outcome_of("[]") == "The token's claims can't be read: no JSON object.");
    CHECK(outcome_of("") == "The token's claims can't be read: no JSON.");
    CHECK(outcome_of(R"({"sub":"alice","a":)" + std::string(5'000, '[') + std::string(5'000, ']') + ',' + rest) ==
          "The token's claims can't be read: nested deeper than 64 levels.");
  }

  TEST_CASE("only the one issuer counts, and an audience that is the gateway's") {
    struct Row {
      Json changes;
      const char* want;
    };
    const std::string issuer = rules().issuer;
    for (const Row& row :
         {Row{{{"iss", nullptr}}, "The token lacks the claim `iss`."},
          {{{"iss", 1}}, "The token's claim `iss` must be a text."},
          {{{"iss", Json::array({issuer})}}, "The token's claim `iss` must be a text."},
          {{{"iss", ""}}, kIssuer},
          {{{"iss", issuer + "/"}}, kIssuer},
          {{{"iss", issuer + "2"}}, kIssuer},
          {{{"iss", issuer.substr(0, issuer.size() - 1)}}, kIssuer},
          {{{"iss", "HTTPS" + issuer.substr(5)}}, kIssuer},
          {{{"iss", issuer + std::string(1, '\0')}}, kIssuer},
          {{{"aud", nullptr}}, "The token lacks the claim `aud`."},
          {{{"aud", 7}}, "The token's claim `aud` must be a text or a list of texts."},
          {{{"aud", {"gateway", 7}}}, "The token's claim `aud` must be a text or a list of texts."},
          {{{"aud", {{"gateway", true}}}}, "The token's claim `aud` must be a text or a list of texts."},
          {{{"aud", "gateway2"}}, kAudience},
          {{{"aud", "Gateway"}}, kAudience},
          {{{"aud", "other gateway"}}, kAudience},
          {{{"aud", Json::array()}}, kAudience},
          {{{"aud", {"account", "gatewa"}}}, kAudience},
          {{{"aud", {"account", "gateway"}}}, "good"},
          {{{"aud", Json::array({"gateway"})}}, "good"}}) {
      CAPTURE(row.changes.dump());
      CHECK(outcome_with(row.changes) == row.want);
    }
  }

  TEST_CASE("a token is good from nbf until exp, give or take the leeway") {
    constexpr const char* kNotYet = "The token is not valid yet.";
    constexpr const char* kExpRange = "The token's claim `exp` must be seconds since 1970.";
    constexpr const char* kNbfRange = "The token's claim `nbf` must be seconds since 1970.";
    struct Row {
      Json changes;
      const char* want;
    };
    for (const Row& row : {Row{{{"exp", nullptr}}, "The token lacks the claim `exp`."},
                           {{{"exp", std::to_string(kNowSeconds + 300)}}, "The token's claim `exp` must be a number."},
                           {{{"exp", true}}, "The token's claim `exp` must be a number."},
                           {{{"exp", 0}}, kExpired},
                           {{{"exp", -1}}, kExpRange},
                           {{{"exp", 1e300}}, kExpRange},
                           {{{"exp", std::numeric_limits<std::uint64_t>::max()}}, kExpRange},
                           {{{"exp", kNowSeconds - 59}}, "good"},
                           {{{"exp", kNowSeconds - 60}}, kExpired},
                           {{{"exp", static_cast<double>(kNowSeconds) - 59.5}}, "good"},
                           {{{"exp", static_cast<double>(kNowSeconds) - 60.5}}, kExpired},
                           {{{"nbf", kNowSeconds + 60}}, "good"},
                           {{{"nbf", kNowSeconds + 61}}, kNotYet},
                           {{{"nbf", static_cast<double>(kNowSeconds) + 60.5}}, kNotYet},
                           {{{"nbf", -1}}, kNbfRange},
                           {{{"nbf", 1e300}}, kNbfRange},
                           {{{"nbf", "0"}}, "The token's claim `nbf` must be a number."},
                           {{{"nbf", 0}}, "good"}}) {
      CAPTURE(row.changes.dump());
      CHECK(outcome_with(row.changes) == row.want);
    }
    config::Jwt exact = rules();
    exact.leeway = Millis{0};
    CHECK(outcome_with({{"exp", kNowSeconds + 1}, {"nbf", kNowSeconds}}, exact) == "good");
    CHECK(outcome_with({{"exp", kNowSeconds}}, exact) == kExpired);
    CHECK(outcome_with({{"nbf", kNowSeconds + 1}}, exact) == kNotYet);
  }

  TEST_CASE("the owner is a text that fits a name") {
    struct Row {
      Json owner;
      const char* want;
    };
    constexpr const char* kWrong =
        "The token's claim `sub` must be a name: 1 to 200 bytes without control characters, slashes and blanks around it.";
    for (const Row& row : {Row{nullptr, "The token lacks the claim `sub`."},
                           {7, kWrong},
                           {Json::array({"alice"}), kWrong},
                           {"", kWrong},
                           {std::string(201, 'a'), kWrong},
                           {std::string(200, 'a'), "good"},
                           {"Zoë", "good"},
                           {"a\nb", kWrong},
                           {std::string("a\0b", 3), kWrong},
                           {"\x7f", kWrong},
                           {"*", kWrong},
                           {"a/b", kWrong},
                           {" a", kWrong}}) {
      CAPTURE(row.owner.dump());
      CHECK(outcome_with({{"sub", row.owner}}) == row.want);
    }
  }

  TEST_CASE("claims are found by their whole name, or along the dots in it") {
    struct Row {
      const char* role_claim;
      Json claims;
      const char* want;  // the role, or the refusal
    };
    constexpr const char* kWrong = "The token's claim `role` must be a text or a list of texts.";
    for (const Row& row :
         {Row{"", {{"role", "admin"}}, "user"},
          {"role", {}, "user"},
          {"role", {{"role", "admin"}}, "admin"},
          {"role", {{"role", "Admin"}}, "user"},
          {"role", {{"role", "admin user"}}, "user"},
          {"role", {{"role", {"user", "admin"}}}, "admin"},
          {"role", {{"role", Json::array()}}, "user"},
          {"role", {{"role", 1}}, kWrong},
          {"role", {{"role", {"admin", 1}}}, kWrong},
          {"role", {{"role", {{"admin", true}}}}, kWrong},
          {"realm_access.roles", {{"realm_access", {{"roles", {"admin"}}}}}, "admin"},
          {"realm_access.roles", {{"realm_access", "admin"}}, "user"},
          {"realm_access.roles", {{"realm_access.roles", "user"}, {"realm_access", {{"roles", "admin"}}}}, "user"},
          {"https://example.com/roles", {{"https://example.com/roles", "admin"}}, "admin"},
          {"resource_access.my.client.roles", {{"resource_access", {{"my.client", {{"roles", "admin"}}}}}}, "admin"},
          {".role", {{"role", "admin"}}, "user"},
          {"role.", {{"role", {{"", "admin"}}}}, "admin"}}) {
      CAPTURE(row.role_claim);
      CAPTURE(row.claims.dump());
      config::Jwt with_role = rules();
      with_role.role_claim = row.role_claim;
      Json claims = good_claims();
      claims.update(row.claims.is_null() ? Json::object() : row.claims);
      const Result<Claims> read = verify_jwt(rsa_token(claims), with_role, rsa_keys(), kNow);
      const std::string got = !read ? read.error().detail : read->role == config::Role::Admin ? "admin" : "user";
      CHECK(got == row.want);
    }
    config::Jwt named = rules();
    named.owner_claim = "person.name";
    named.role_claim = "role";
    named.admin_roles = {"boss", "chief"};
    Json claims = good_claims();
    claims["person"] = {{"name", "bob"}};
    claims["role"] = "chief";
    const Result<Claims> read = verify_jwt(rsa_token(claims), named, rsa_keys(), kNow);
    REQUIRE(read);
    CHECK(read->owner == "bob");
    CHECK(read->role == config::Role::Admin);
    CHECK(read->models.patterns.empty());
  }

  TEST_CASE("a config that names a claim for models allows nothing without it") {
    using Patterns = std::vector<std::string>;
    const Patterns nothing = {"!*"};
    struct Row {
      Json models;
      Patterns want;  // none: refused
    };
    for (const Row& row : {Row{nullptr, nothing},
                           {Json::array(), nothing},
                           {"", nothing},
                           {"  ", nothing},
                           {"gpt-*", {"gpt-*"}},
                           {"  gpt-*  !gpt-5 ", {"gpt-*", "!gpt-5"}},
                           {{"gpt 4", "!o3"}, {"gpt 4", "!o3"}},
                           {{"a", ""}, {}},
                           {"!", {}},
                           {{"a", 1}, {}},
                           {7, {}},
                           {{{"a", true}}, {}}}) {
      CAPTURE(row.models.dump());
      config::Jwt with_models = rules();
      with_models.models_claim = "models";
      Json claims = good_claims();
      if (!row.models.is_null()) claims["models"] = row.models;
      const Result<Claims> read = verify_jwt(rsa_token(claims), with_models, rsa_keys(), kNow);
      CHECK((read ? read->models.patterns : Patterns{}) == row.want);
      if (!read) CHECK(read.error().detail.find("The token's claim `models` must be a list") == 0);
    }
  }
}

}  // namespace
}  // namespace aigw::auth
