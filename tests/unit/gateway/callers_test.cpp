#include "gateway/callers.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "auth/key_secret.h"
#include "usage/counters_fixture.h"

namespace aigw::gateway {
namespace {

using config::Role;

config::Key key_of(const std::string& name, const std::string& secret, Role role = Role::User) {
  config::Key key;
  key.name = name;
  key.digests = {{auth::digest_of(secret), std::nullopt}};
  key.role = role;
  return key;
}

// Callers over counters in a folder of their own.
struct House {
  usage::TempFolder folder;
  std::unique_ptr<usage::Counters> counters;

  House() {
    auto opened = usage::Counters::open(folder / "usage", {}, {}, usage::noon());
    REQUIRE(opened);
    counters = std::move(*opened);
  }
  auth::Sessions sessions;

  Callers callers(config::Config config, std::vector<config::Key> run_time_keys = {}) {
    return {std::make_shared<const config::Config>(std::move(config)), std::move(run_time_keys), nullptr, *counters,
            &sessions};
  }
};

http::Request request_with(const std::string& secret, const std::string& address = "192.168.1.7") {
  http::Request request;
  if (!secret.empty()) request.headers.add("Authorization", "Bearer " + secret);
  request.client_address = address;
  return request;
}

// `<key> <role>`, or the status of the refusal.
std::string outcome_of(const Callers& callers, const http::Request& request) {
  const auto found = callers.identify(request, false, {});
  if (const auto* const refusal = std::get_if<Refusal>(&found)) return std::to_string(refusal->status);
  const Caller& caller = std::get<Caller>(found);
  REQUIRE(caller.meter != nullptr);
  return caller.key + " " + to_string(caller.role);
}

TEST_SUITE("gateway/callers") {

TEST_CASE("api_key and admin_key open what they are for") {
  struct Row {
    std::string name, api_key, admin_key, sent, want;
  };
  for (const Row& row : {
           Row{"no keys at all", "", "", "", "- admin"},
           Row{"no keys, one sent", "", "", "any", "- admin"},
           Row{"api key missing", "user", "", "", "401"},
           Row{"api key wrong", "user", "", "use", "401"},
           Row{"api key longer", "user", "", "user2", "401"},
           Row{"api key right", "user", "", "user", "api_key admin"},
           Row{"both: user", "user", "admin", "user", "api_key user"},
           Row{"both: admin", "user", "admin", "admin", "admin_key admin"},
           Row{"both: neither", "user", "admin", "other", "401"},
           Row{"both: nothing sent", "user", "admin", "", "401"},
           Row{"admin key alone: nothing sent", "", "admin", "", "- user"},
           Row{"admin key alone: another sent", "", "admin", "other", "- user"},
           Row{"admin key alone: right", "", "admin", "admin", "admin_key admin"},
       }) {
    CAPTURE(row.name);
    config::Config config;
    config.global.api_key = Secret(row.api_key);
    config.global.admin_key = Secret(row.admin_key);
    House house;
    const Callers callers = house.callers(config);
    CHECK(outcome_of(callers, request_with(row.sent)) == row.want);
    CHECK(callers.needs_key() == !row.api_key.empty());
    CHECK(callers.guards_admin() == !(row.api_key + row.admin_key).empty());
  }
}

TEST_CASE("keys of the config and of the run time are known by their secrets") {
  config::Config config;
  config.keys = {key_of("laptop", "secret-of-laptop"), key_of("boss", "secret-of-boss", Role::Admin)};
  House house;
  const Callers callers =
      house.callers(config, {key_of("phone", "secret-of-phone"), key_of("laptop", "secret-of-another-laptop")});
  CHECK(outcome_of(callers, request_with("secret-of-laptop")) == "laptop user");
  CHECK(outcome_of(callers, request_with("secret-of-boss")) == "boss admin");
  CHECK(outcome_of(callers, request_with("secret-of-phone")) == "phone user");
  CHECK(outcome_of(callers, request_with("secret-of-another-laptop")) == "401");  // the config's name counts
  CHECK(outcome_of(callers, request_with("")) == "401");
  CHECK(callers.keys().size() == 3);
  REQUIRE(callers.find_key("phone") != nullptr);
  CHECK_FALSE(callers.is_of_config(*callers.find_key("phone")));
  CHECK(callers.is_of_config(*callers.find_key("laptop")));
}

TEST_CASE("api_key and admin_key are not among the keys of a name") {
  config::Config config;
  config.global.api_key = Secret("user");
  config.keys = {key_of("laptop", "secret-of-laptop")};
  House house;
  const Callers callers = house.callers(config);
  CHECK(callers.find_key("api_key") == nullptr);
  REQUIRE(callers.keys().size() == 1);
  CHECK(callers.keys()[0]->name == "laptop");
  CHECK(callers.is_of_config(*callers.keys()[0]));
}

TEST_CASE("a key that is disabled, has expired or comes from elsewhere is refused in words") {
  config::Key key = key_of("laptop", "secret-of-laptop");
  SUBCASE("disabled") { key.enabled = false; }
  SUBCASE("expired") { key.expires = wall_now() - std::chrono::hours(1); }
  SUBCASE("from elsewhere") { key.allowed_ips = {"10.0.0.0/8"}; }
  config::Config config;
  config.keys = {key};
  House house;
  const Callers callers = house.callers(config);
  const auto found = callers.identify(request_with("secret-of-laptop"), false, {});
  REQUIRE(std::holds_alternative<Refusal>(found));
  const Refusal& refusal = std::get<Refusal>(found);
  CHECK(refusal.status == (key.allowed_ips.empty() ? 401 : 403));
  CHECK(refusal.error.message.find("laptop") != std::string::npos);
  CHECK(refusal.error.message.find("secret-of-laptop") == std::string::npos);
}

TEST_CASE("a key is good from its addresses, and until it expires") {
  config::Key key = key_of("laptop", "secret-of-laptop");
  key.allowed_ips = {"10.0.0.0/8", "::1"};
  key.expires = wall_now() + std::chrono::hours(1);
  config::Config config;
  config.keys = {key};
  House house;
  const Callers callers = house.callers(config);
  CHECK(outcome_of(callers, request_with("secret-of-laptop", "10.1.2.3")) == "laptop user");
  CHECK(outcome_of(callers, request_with("secret-of-laptop", "::ffff:10.1.2.3")) == "laptop user");
  CHECK(outcome_of(callers, request_with("secret-of-laptop", "11.1.2.3")) == "403");
}

TEST_CASE("who has a budget in money or a balance pays") {
  config::Config config;
  config.keys = {key_of("free", "secret-of-free"), key_of("budget", "secret-of-budget"),
                 key_of("counted", "secret-of-counted"), key_of("prepaid", "secret-of-prepaid"),
                 key_of("credited", "secret-of-credited")};
  config::QuotaWindow money;
  money.cost_per_period = kDollar;
  config.keys[1].budget = {money};
  config::QuotaWindow requests;
  requests.requests_per_period = 5;
  config.keys[2].budget = {requests};
  config.keys[3].owner = "anna";
  config.keys[4].owner = "berta";
  config::Owner anna;
  anna.name = "anna";
  anna.prepaid = true;
  config.owners = {anna};
  House house;
  REQUIRE(house.counters->wallets().credit("berta", kDollar, "", "admin_key", usage::noon()));
  const Callers callers = house.callers(config);
  struct Row {
    std::string name;
    bool pays;
  };
  for (const Row& row : {Row{"free", false}, Row{"budget", true}, Row{"counted", false}, Row{"prepaid", true},
                         Row{"credited", true}}) {
    CAPTURE(row.name);
    const auto found = callers.identify(request_with("secret-of-" + row.name), false, {});
    REQUIRE(std::holds_alternative<Caller>(found));
    CHECK(std::get<Caller>(found).pays == row.pays);
  }
}

// A request of a page of ours, logged in with that secret.
http::Request request_by_cookie(House& house, const Callers& callers, const std::string& secret) {
  auto entered = callers.enter(secret, request_with(""), {});
  REQUIRE(std::holds_alternative<Callers::Entrant>(entered));
  const Result<Secret> token = house.sessions.begin(std::get<Callers::Entrant>(entered).holder, steady_now());
  REQUIRE(token);
  http::Request request = request_with("");
  request.method = "POST";
  request.headers.add("Cookie", "aigw_session=" + token->reveal());
  request.headers.add("Sec-Fetch-Site", "same-origin");
  return request;
}

TEST_CASE("a session stands for its key, after any other credential") {
  config::Config config;
  config.keys = {key_of("boss", "secret-of-boss", Role::Admin), key_of("laptop", "secret-of-laptop")};
  House house;
  const Callers callers = house.callers(config);
  http::Request request = request_by_cookie(house, callers, "secret-of-boss");
  CHECK(outcome_of(callers, request) == "boss admin");
  http::Request foreign = request;
  foreign.headers.set("Sec-Fetch-Site", "cross-site");
  CHECK(outcome_of(callers, foreign) == "403");
  request.headers.add("Authorization", "Bearer secret-of-laptop");
  CHECK(outcome_of(callers, request) == "laptop user");
  request.headers.set("Authorization", "Bearer wrong");
  CHECK(outcome_of(callers, request) == "401");
}

TEST_CASE("a session ends with its key, whatever becomes of that") {
  const config::Key boss = key_of("boss", "secret-of-boss", Role::Admin);
  config::Key disabled = boss;
  disabled.enabled = false;
  config::Key expired = boss;
  expired.expires = wall_now();
  config::Key user = boss;
  user.role = Role::User;
  struct Row {
    std::string name;
    std::vector<config::Key> keys;
  };
  const config::Key other = key_of("other", "another secret", Role::Admin);
  for (const Row& row : {Row{"removed", {other}}, Row{"rotated", {key_of("boss", "new", Role::Admin)}},
                         Row{"disabled", {disabled}}, Row{"expired", {expired}}, Row{"a mere user", {user}}}) {
    CAPTURE(row.name);
    House house;
    config::Config config;
    config.keys = {boss};
    const Callers before = house.callers(config);
    const http::Request request = request_by_cookie(house, before, "secret-of-boss");
    CHECK(outcome_of(before, request) == "boss admin");
    config.keys = row.keys;
    CHECK(outcome_of(house.callers(config), request) == "401");
    CHECK(house.sessions.count() == 0);
    CHECK(outcome_of(before, request) == "401");
  }
}

TEST_CASE("from an address that the key is not for, a session is refused and goes on elsewhere") {
  config::Config config;
  config.keys = {key_of("boss", "secret-of-boss", Role::Admin)};
  config.keys[0].allowed_ips = {"192.168.1.0/24"};
  House house;
  const Callers callers = house.callers(config);
  http::Request request = request_by_cookie(house, callers, "secret-of-boss");
  request.client_address = "203.0.113.9";
  CHECK(outcome_of(callers, request) == "403");
  request.client_address = "192.168.1.8";
  CHECK(outcome_of(callers, request) == "boss admin");
}

TEST_CASE("nobody enters with a wrong key, also where the models take none") {
  config::Config config;
  config.global.admin_key = Secret("admin-key-0123456789");
  House house;
  const Callers callers = house.callers(config);
  const auto entered = callers.enter("wrong", request_with(""), {});
  REQUIRE(std::holds_alternative<Refusal>(entered));
  CHECK(std::get<Refusal>(entered).status == 401);
  http::Request request = request_with("");
  request.headers.add("Cookie", "aigw_session=nonsense");
  CHECK(outcome_of(callers, request) == "- user");
}

TEST_CASE("owners are those that the config, a key or a balance names; `*` stands for the others") {
  config::Config config;
  config.keys = {key_of("laptop", "secret-of-laptop")};
  config.keys[0].owner = "anna";
  config::Owner carla;
  carla.name = "carla";
  config::Owner others;
  others.name = "*";
  others.markup_ppm = 100;
  config.owners = {carla, others};
  House house;
  REQUIRE(house.counters->wallets().credit("berta", kDollar, "", "admin_key", usage::noon()));
  const Callers callers = house.callers(config);
  CHECK(callers.owners() == std::vector<std::string>{"anna", "berta", "carla"});
  CHECK(callers.owner("anna")->terms.markup_ppm == 100);
  CHECK(callers.owner("anna")->terms.name == "anna");
  CHECK(callers.owner("carla")->terms.markup_ppm == 0);
}

}

}  // namespace
}  // namespace aigw::gateway
