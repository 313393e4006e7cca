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

TEST_CASE("a name is foreign that a page elsewhere could have") {
  struct Row {
    const char* host;
    bool foreign;
  };
  config::Global config;
  config.host = "gw.example.com";
  for (const Row& row : std::vector<Row>{{"", false}, {"127.0.0.1:6010", false}, {"[::1]:6010", false},
                                         {"localhost", false}, {"gateway:6010", false}, {"GW.example.com:80", false},
                                         {"evil.example:6010", true}, {"127.0.0.1.evil.example", true}}) {
    CAPTURE(row.host);
    CHECK(has_foreign_name(config, {{"Host", row.host}}) == row.foreign);
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
      {"no host on either side", {{"Origin", "http://"}}, true},
      {"allowed origin", {{"Host", "gw:6010"}, {"Origin", "https://App.example"}}, false},
  };
  config::Global config;
  config.cors_origins = {"https://app.example"};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(is_foreign_page(config, row.headers) == row.foreign);
  }
}

TEST_CASE("the session is found among other cookies") {
  struct Row {
    std::string cookies, want;
  };
  for (const Row& row : {Row{"", ""}, Row{"aigw_session=abc", "abc"}, Row{"a=b; aigw_session=abc; c=d", "abc"},
                         Row{"a=b;aigw_session=a=c", "a=c"}, Row{"xaigw_session=abc", ""}, Row{"aigw_session", ""},
                         Row{"AIGW_SESSION=abc", ""}}) {
    CAPTURE(row.cookies);
    CHECK(session_of({{"Cookie", row.cookies}}) == row.want);
  }
}

TEST_CASE("a cookie counts for what a page of ours does, and for reading") {
  struct Row {
    std::string name, method;
    Headers headers;
    bool may;
  };
  const Row rows[] = {
      {"our page", "POST", {{"Sec-Fetch-Site", "same-origin"}}, true},
      {"another site", "POST", {{"Sec-Fetch-Site", "cross-site"}}, false},
      {"another port of this host", "POST", {{"Sec-Fetch-Site", "same-site"}}, false},
      {"typed by hand", "DELETE", {{"Sec-Fetch-Site", "none"}}, false},
      {"nothing is said", "PUT", {{"Host", "gw:6010"}}, false},
      {"our origin", "PATCH", {{"Host", "gw:6010"}, {"Origin", "http://GW:6010"}}, true},
      {"another origin", "POST", {{"Host", "gw:6010"}, {"Origin", "http://evil.example"}}, false},
      {"another port", "POST", {{"Host", "gw:6010"}, {"Origin", "http://gw:6011"}}, false},
      {"a sandboxed page", "POST", {{"Host", "null"}, {"Origin", "null"}}, false},
      {"no host", "POST", {{"Origin", "http://"}}, false},
      {"Sec-Fetch-Site counts before Origin", "POST",
       {{"Sec-Fetch-Site", "cross-site"}, {"Host", "gw"}, {"Origin", "http://gw"}}, false},
      {"reading", "GET", {}, true},
      {"reading, typed by hand", "GET", {{"Sec-Fetch-Site", "none"}}, true},
      {"reading from elsewhere", "GET", {{"Sec-Fetch-Site", "cross-site"}}, false},
      {"HEAD from elsewhere", "HEAD", {{"Sec-Fetch-Site", "cross-site"}}, false},
      {"a method of no name", "get", {}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    http::Request request;
    request.method = row.method;
    request.headers = row.headers;
    CHECK(may_use_cookie(request) == row.may);
  }
}

TEST_CASE("https is what a trusted proxy says, the last one") {
  const std::vector<IpBlock> trusted = {*IpBlock::parse("10.0.0.0/8")};
  struct Row {
    std::string connected, field;
    bool https;
  };
  for (const Row& row : {Row{"10.1.1.1", "https", true}, Row{"10.1.1.1", "HTTPS", true}, Row{"10.1.1.1", "http", false},
                         Row{"10.1.1.1", "", false}, Row{"192.0.2.1", "https", false},
                         Row{"10.1.1.1", "https, http", false}, Row{"10.1.1.1", "http, https", true}}) {
    CAPTURE(row.connected);
    CAPTURE(row.field);
    http::Request request;
    request.client_address = row.connected;
    request.headers.add("X-Forwarded-Proto", row.field);
    CHECK(came_by_https(trusted, request) == row.https);
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
