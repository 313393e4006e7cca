#include "gateway/access.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::gateway {
namespace {

using http::Headers;

Headers bearer(const std::string& key) { return {{"Authorization", "Bearer " + key}}; }

}  // namespace

TEST_SUITE("gateway/access") {

TEST_CASE("the credential is looked for in the order of the dialect") {
  struct Row {
    std::string name;
    Headers headers;
    std::string want;
    bool is_anthropic = false;
  };
  const Row rows[] = {
      {"none", {}, ""},
      {"bearer", bearer("k"), "k"},
      {"scheme in lower case", {{"authorization", "bearer k"}}, "k"},
      {"blanks around", {{"Authorization", "  Bearer   k  "}}, "k"},
      {"x-api-key", {{"X-Api-Key", " k "}}, "k"},
      {"api-key", {{"Api-Key", "k"}}, "k"},
      {"bearer before x-api-key", {{"x-api-key", "x"}, {"Authorization", "Bearer k"}}, "k"},
      {"api-key before x-api-key", {{"x-api-key", "x"}, {"api-key", "k"}}, "k"},
      {"Messages: x-api-key before bearer", {{"Authorization", "Bearer x"}, {"x-api-key", "k"}}, "k", true},
      {"Messages: bearer", bearer("k"), "k", true},
      {"Messages: bearer before api-key", {{"api-key", "x"}, {"Authorization", "Bearer k"}}, "k", true},
      {"Messages: api-key", {{"api-key", "k"}}, "k", true},
      {"another scheme", {{"Authorization", "Basic a2V5"}}, ""},
      {"another scheme beside a key", {{"Authorization", "Basic a2V5"}, {"x-api-key", "k"}}, "k"},
      {"scheme without a credential", {{"Authorization", "Bearer"}}, ""},
      {"no blank", {{"Authorization", "Bearerk"}}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(credential_of(row.headers, row.is_anthropic) == row.want);
  }
}

TEST_CASE("a web page of another origin is foreign") {
  struct Row {
    std::string name;
    Headers headers;
    bool foreign;
  };
  const Row rows[] = {
      {"no page", {{"Host", "gw:6010"}}, false},
      {"its own page", {{"Host", "gw:6010"}, {"Origin", "http://gw:6010"}}, false},
      {"its own page behind TLS", {{"Host", "GW.home"}, {"Origin", "https://gw.home"}}, false},
      {"its own page at an address", {{"Host", "203.0.113.9:6010"}, {"Origin", "http://203.0.113.9:6010"}}, false},
      {"its own page at an IPv6 address", {{"Host", "[::1]:6010"}, {"Origin", "http://[::1]:6010"}}, false},
      {"a name that was made to point here", {{"Host", "evil.example:6010"}, {"Origin", "http://evil.example:6010"}}, true},
      {"another host", {{"Host", "gw:6010"}, {"Origin", "http://evil.example"}}, true},
      {"another port", {{"Host", "gw:6010"}, {"Origin", "http://gw:8080"}}, true},
      {"host as a prefix", {{"Host", "gw"}, {"Origin", "http://gw.evil.example"}}, true},
      {"sandboxed page", {{"Host", "gw:6010"}, {"Origin", "null"}}, true},
      {"no host", {{"Origin", "http://evil.example"}}, true},
      {"allowed origin", {{"Host", "gw:6010"}, {"Origin", "https://App.example"}}, false},
  };
  config::Global config;
  config.cors_origins = {"https://app.example"};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(is_foreign_page(config, row.headers) == row.foreign);
  }
}

TEST_CASE("only configured origins are allowed") {
  config::Global config;
  CHECK(allowed_origin(config, {{"Origin", "https://a.example"}}) == "");
  config.cors_origins = {"https://a.example", "https://b.example"};
  CHECK(allowed_origin(config, {{"Origin", "https://b.example"}}) == "https://b.example");
  CHECK(allowed_origin(config, {{"Origin", "https://c.example"}}) == "");
  CHECK(allowed_origin(config, {{"Origin", "http://a.example"}}) == "");
  CHECK(allowed_origin(config, {}) == "");
  config.cors_origins = {"*"};
  CHECK(allowed_origin(config, {{"Origin", "https://c.example"}}) == "*");
  CHECK(allowed_origin(config, {}) == "");
}

TEST_CASE("X-Forwarded-For is believed as far as trusted proxies wrote it") {
  std::vector<IpBlock> trusted;
  for (const char* block : {"10.0.0.0/8", "::1"}) trusted.push_back(*IpBlock::parse(block));
  struct Row {
    std::string connected;
    std::string forwarded;
    std::string client;
  };
  const Row rows[] = {
      {"192.0.2.1", "203.0.113.9", "192.0.2.1"},                      // not one of the trusted
      {"10.1.1.1", "203.0.113.9", "203.0.113.9"},
      {"::1", "203.0.113.9, 10.2.2.2", "203.0.113.9"},                // two proxies
      {"10.1.1.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},            // the first was the client's own invention
      {"10.1.1.1", "unknown", "10.1.1.1"},
      {"10.1.1.1", "203.0.113.9, evil\n, 10.2.2.2", "10.2.2.2"},
      {"10.1.1.1", "", "10.1.1.1"},
      {"10.1.1.1", "2001:db8::7", "2001:db8::7"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.connected);
    CAPTURE(row.forwarded);
    http::Request request;
    request.client_address = row.connected;
    request.headers.add("X-Forwarded-For", row.forwarded);
    CHECK(client_address(trusted, request) == row.client);
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
