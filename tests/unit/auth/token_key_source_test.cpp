#include "auth/token_key_source.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "auth/scripted_provider.h"
#include "auth/token_signer.h"
#include "config/temporary_folder.h"

namespace aigw::auth {
namespace {

constexpr Millis kSecond{1'000};
constexpr Millis kMinute{60'000};
constexpr Millis kHour{60 * 60'000};
const SteadyTime kStart{std::chrono::hours{1'000}};

// What comes of a look: the names among `one two three` that are known, or the fault.
std::string outcome(TokenKeySource& source, std::string_view key_id, SteadyTime now) {
  const auto keys = source.keys(key_id, now);
  if (!keys) {
    CHECK(keys.error().kind == ErrorKind::Unavailable);
    return keys.error().detail;
  }
  std::string known;
  for (const char* name : {"one", "two", "three"}) {
    if ((*keys)->has(name)) known.append(known.empty() ? "" : " ").append(name);
  }
  return known;
}

TEST_SUITE("auth/token_key_source") {
  TEST_CASE("keys of the config itself are there at once and for ever") {
    ScriptedProvider network;
    config::Jwt with_secret;
    with_secret.secret = Secret(std::string(32, 'x'));
    config::Jwt with_pem;
    with_pem.public_key = ec_key().public_pem();
    config::Jwt with_weak_secret;
    with_weak_secret.secret = Secret(std::string(31, 'x'));
    config::Jwt with_private_key;
    with_private_key.public_key = ec_key().private_pem();
    struct Row {
      config::Jwt rules;
      const char* want;
    };
    for (const Row& row : {Row{with_secret, "one two three"},
                           {with_pem, "one two three"},
                           {with_weak_secret, "secret: a secret of less than 32 bytes"},
                           {with_private_key, "public_key: a private key; the public one is needed"},
                           {config::Jwt(), "public_key: no PEM (-----BEGIN PUBLIC KEY-----)"}}) {
      CAPTURE(row.want);
      TokenKeySource source(row.rules, network);
      CHECK(source.rules() == row.rules);
      for (const Millis later : {Millis{0}, kMinute, 1'000 * kHour}) {
        CHECK(outcome(source, "one", kStart + later) == row.want);
      }
    }
    CHECK(network.calls() == 0);
  }

  TEST_CASE("a set is kept for what Cache-Control says, from five minutes to a day") {
    struct Row {
      http::Headers headers;
      Millis want;
    };
    for (const Row& row : {Row{{}, kHour},
                           {{{"Cache-Control", "max-age=1200"}}, 20 * kMinute},
                           {{{"cache-control", "public,Max-Age=1200 , must-revalidate"}}, 20 * kMinute},
                           {{{"Cache-Control", "max-age=\"1200\""}}, 20 * kMinute},
                           {{{"Cache-Control", "max-age=1200"}, {"Age", "1100"}}, 20 * kMinute},
                           {{{"Cache-Control", "public"}, {"Cache-Control", "max-age=1200"}}, 20 * kMinute},
                           {{{"Cache-Control", "max-age=1200, max-age=2400"}}, 20 * kMinute},
                           {{{"Cache-Control", "s-maxage=1200, public"}}, kHour},
                           {{{"Cache-Control", ""}}, kHour},
                           {{{"Cache-Control", "max-age=299"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=301"}}, 5 * kMinute + kSecond},
                           {{{"Cache-Control", "max-age=0"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=-1"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=soon"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age="}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=\""}}, 5 * kMinute},
                           {{{"Cache-Control", "no-cache"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=1200, no-store"}}, 5 * kMinute},
                           {{{"Cache-Control", "max-age=86401"}}, 24 * kHour},
                           {{{"Cache-Control", "max-age=18446744073709551615"}}, 24 * kHour}}) {
      CAPTURE(row.headers.get("Cache-Control"));
      ScriptedProvider network;
      network.headers = row.headers;
      TokenKeySource source(rules_of_url(), network);
      CHECK(network.calls() == 0);
      CHECK(outcome(source, "one", kStart) == "one");
      CHECK(outcome(source, "one", kStart + row.want - Millis{1}) == "one");
      CHECK(network.calls() == 1);
      network.body = set_with("two");
      CHECK(outcome(source, "one", kStart + row.want) == "two");
      CHECK(network.calls() == 2);
    }
  }

  TEST_CASE("the URL is asked for as it stands, with its last slash and its query") {
    struct Row {
      const char* url;
      const char* want;
    };
    for (const Row& row : {Row{"https://id.example.com/keys", "GET https://id.example.com/keys /keys"},
                           {"https://id.example.com", "GET https://id.example.com /"},
                           {"https://ID.example.com:8443/application/o/ai/jwks/",
                            "GET https://id.example.com:8443/application/o/ai/jwks /application/o/ai/jwks/"},
                           {"http://localhost:8080/keys?p=a/b?c", "GET http://localhost:8080/keys /keys?p=a/b?c"},
                           {"https://id.example.com?p=1", "GET https://id.example.com /?p=1"}}) {
      CAPTURE(row.url);
      ScriptedProvider network;
      TokenKeySource source(rules_of_url(row.url), network);
      const SteadyTime before = steady_now();
      CHECK(outcome(source, "", kStart) == "one");
      CHECK(network.asked() == row.want);
      CHECK(network.deadline() >= before + Millis{5'000});
      CHECK(network.deadline() <= steady_now() + Millis{5'000});
    }
    for (const char* url : {"id.example.com/keys", "https://a:b@id.example.com/keys", "https://id.example.com/a b",
                            "https://id.example.com/keys?a b", "https://id.example.com/keys?a\r\nX: y",
                            "https://id.example.com/keys?a#b", "https://id.example.com/keys#b"}) {
      CAPTURE(url);
      ScriptedProvider network;
      TokenKeySource source(rules_of_url(url), network);
      CHECK(outcome(source, "", kStart).find("jwks_url: ") == 0);
      CHECK(network.calls() == 0);
    }
  }

  TEST_CASE("a key that is not known makes the set be fetched again, twice a minute") {
    ScriptedProvider network;
    TokenKeySource source(rules_of_url(), network);
    CHECK(outcome(source, "one", kStart) == "one");
    network.body = set_with("two");
    CHECK(outcome(source, "", kStart) == "one");  // no name, no reason
    CHECK(network.calls() == 1);
    CHECK(outcome(source, "two", kStart + kSecond) == "two");
    CHECK(network.calls() == 2);
    CHECK(outcome(source, "forged", kStart + 2 * kSecond) == "two");
    CHECK(network.calls() == 3);
    network.body = set_with("three");
    for (const Millis later : {2 * kSecond, 30 * kSecond, kMinute, kMinute + kSecond - Millis{1}}) {
      CHECK(outcome(source, "three", kStart + later) == "two");
    }
    CHECK(network.calls() == 3);
    CHECK(outcome(source, "three", kStart + kMinute + kSecond) == "three");
    CHECK(outcome(source, "forged", kStart + kMinute + kSecond) == "three");
    CHECK(network.calls() == 4);
    CHECK(outcome(source, "forged", kStart + kMinute + 2 * kSecond) == "three");
    CHECK(network.calls() == 5);
  }

  TEST_CASE("a fetch that fails is not repeated for ten seconds, and old keys stay") {
    ScriptedProvider network;
    network.failure = Error{ErrorKind::Refused, "the port is closed"};
    TokenKeySource source(rules_of_url(), network);
    const std::string fault = "jwks_url: the port is closed";
    CHECK(outcome(source, "one", kStart) == fault);
    CHECK(outcome(source, "one", kStart + 10 * kSecond - Millis{1}) == fault);
    CHECK(network.calls() == 1);
    CHECK(outcome(source, "one", kStart + 10 * kSecond) == fault);
    CHECK(network.calls() == 2);
    network.failure.reset();
    CHECK(outcome(source, "one", kStart + 20 * kSecond) == "one");
    CHECK(network.calls() == 3);

    // Old, and the provider is away.
    const SteadyTime old = kStart + 2 * kHour;
    network.failure = Error{ErrorKind::TimedOut, "silence"};
    CHECK(outcome(source, "one", old) == "one");
    CHECK(outcome(source, "one", old + kSecond) == "one");
    CHECK(outcome(source, "forged", old + kSecond) == "one");
    CHECK(network.calls() == 4);
    CHECK(outcome(source, "one", old + 10 * kSecond) == "one");
    CHECK(network.calls() == 5);
    network.failure.reset();
    network.body = set_with("two");
    CHECK(outcome(source, "one", old + 20 * kSecond) == "two");
    CHECK(outcome(source, "two", old + kHour) == "two");
    CHECK(network.calls() == 6);
  }

  TEST_CASE("an answer that is no set of keys is a failure, and is told") {
    struct Row {
      int status;
      std::string body;
      const char* want;
    };
    const std::string set = set_with("one");
    const std::string most = set + std::string(1024 * 1024 - set.size(), ' ');
    for (const Row& row : {Row{200, most, "one"},
                           {200, most + ' ', "jwks_url: the answer is larger than 1 MiB"},
                           {200, std::string(3 * 1024 * 1024, ' '), "jwks_url: the answer is larger than 1 MiB"},
                           {200, "<html>", "jwks_url: no JSON"},
                           {200, "", "jwks_url: no JSON"},
                           {200, R"({"keys":[]})", "jwks_url: no public key for RS256 (2048 bits at least) or ES256"},
                           {404, set, "jwks_url: the answer has status 404"},
                           {203, set, "jwks_url: the answer has status 203"},
                           {500, set, "jwks_url: the answer has status 500"},
                           {302, set, "jwks_url: the answer has status 302; give the address that it leads to"}}) {
      CAPTURE(row.status);
      CAPTURE(row.body.size());
      ScriptedProvider network;
      network.status = row.status;
      network.headers = {{"Location", "https://id.example.com/elsewhere"}};
      network.body = row.body;
      TokenKeySource source(rules_of_url(), network);
      CHECK(outcome(source, "one", kStart) == row.want);
      CHECK(network.calls() == 1);
    }
  }

  TEST_CASE("a file is looked at every five seconds, and what was good in it stays") {
    const config::TemporaryFolder folder;
    ScriptedProvider network;
    config::Jwt rules;
    rules.jwks_file = folder.path() + "/keys.json";
    TokenKeySource source(rules, network);
    CHECK(outcome(source, "one", kStart) == "jwks_file: No such file or directory");
    folder.write("keys.json", set_with("one"));
    CHECK(outcome(source, "one", kStart + 10 * kSecond) == "one");
    folder.write("keys.json", set_with("two"));
    SteadyTime now = kStart + 10 * kSecond;
    CHECK(outcome(source, "two", now + 5 * kSecond - Millis{1}) == "one");
    CHECK(outcome(source, "one", now += 5 * kSecond) == "two");
    folder.write("keys.json", "{");
    CHECK(outcome(source, "two", now += 5 * kSecond) == "two");
    std::filesystem::remove(rules.jwks_file);
    CHECK(outcome(source, "two", now += 10 * kSecond) == "two");
    folder.write("keys.json", set_with("three"));
    CHECK(outcome(source, "two", now += 10 * kSecond) == "three");
    folder.write("keys.json", set_with("one") + std::string(2 * 1024 * 1024, ' '));
    CHECK(outcome(source, "two", now += 10 * kSecond) == "three");
    CHECK(network.calls() == 0);
  }
}

}  // namespace
}  // namespace aigw::auth
