#include "base/url.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw {

TEST_SUITE("base/url") {

TEST_CASE("a base URL is taken apart") {
  struct Row {
    std::string text;
    Url want;
    std::string authority;
  };
  const Row rows[] = {
      {"https://api.example.com/v1", {true, "api.example.com", 443, "/v1"}, "api.example.com"},
      {"http://localhost", {false, "localhost", 80, ""}, "localhost"},
      {"http://localhost:11434/v1/", {false, "localhost", 11434, "/v1"}, "localhost:11434"},
      {"HTTPS://API.Example.COM//", {true, "api.example.com", 443, ""}, "api.example.com"},
      {"https://example.com:443/a/b", {true, "example.com", 443, "/a/b"}, "example.com"},
      {"http://example.com:443", {false, "example.com", 443, ""}, "example.com:443"},
      {"http://[::1]:8080/v1", {false, "::1", 8080, "/v1"}, "[::1]:8080"},
      {"https://[FD00::A]", {true, "fd00::a", 443, ""}, "[fd00::a]"},
      {"http://192.168.1.20:65535", {false, "192.168.1.20", 65535, ""}, "192.168.1.20:65535"},
      {"http://my_server.lan./x%20y/~z", {false, "my_server.lan.", 80, "/x%20y/~z"}, "my_server.lan."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Url> url = parse_url(row.text);
    REQUIRE(url.has_value());
    CHECK(*url == row.want);
    CHECK(url->authority() == row.authority);
    CHECK(parse_url(url->text()).value() == *url);
  }
}

TEST_CASE("texts that mean the same address become one spelling") {
  CHECK(parse_url("HTTPS://Example.com:443/v1/").value().text() == "https://example.com/v1");
  CHECK(parse_url("http://[::1]:81").value().text() == "http://[::1]:81");
}

TEST_CASE("the address of one thing keeps its query and the slash at its end") {
  struct Row {
    std::string text;
    std::string target;
  };
  for (const Row& row : {Row{"https://a.example", "/"}, Row{"https://a.example/b/c/", "/b/c/"},
                         Row{"https://a.example/b?c=d/e", "/b?c=d/e"}, Row{"https://a.example?c", "/?c"}}) {
    CAPTURE(row.text);
    const auto url = parse_url_with_query(row.text);
    REQUIRE(url.has_value());
    CHECK(url->server.text().substr(0, 17) == "https://a.example");
    CHECK(url->target == row.target);
  }
  for (const std::string text : {"https://a.example/b?c d", "https://a.example/b?c#d", "a.example", "https://a b/"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_url_with_query(text).has_value());
  }
}

TEST_CASE("a bad URL is refused without repeating it") {
  const std::string long_label(64, 'a');
  const std::string label = std::string(62, 'a') + ".";
  struct Row {
    std::string text;
    std::string want;
  };
  const Row rows[] = {
      {"", "a URL must begin with http:// or https://"},
      {"api.example.com/v1", "a URL must begin with http:// or https://"},
      {"ftp://example.com", "a URL must begin with http:// or https://"},
      {"http:/example.com", "a URL must begin with http:// or https://"},
      {"http://", "the host name is missing"},
      {"http:///v1", "the host name is missing"},
      {"http://:80", "the host name is missing"},
      {"http://user:word@example.com", "a URL must not contain a user name or password"},
      {"http://example.com?x=1", "a URL must not contain a query (?...)"},
      {"http://example.com/v1?x=1", "a URL must not contain a query (?...)"},
      {"http://example.com/v1#top", "a URL must not contain a fragment (#...)"},
      {"http://example.com:", "the port must be a number from 1 to 65535"},
      {"http://example.com:0", "the port must be a number from 1 to 65535"},
      {"http://example.com:65536", "the port must be a number from 1 to 65535"},
      {"http://example.com:80x", "the port must be a number from 1 to 65535"},
      {"http://exam ple.com", "the host is not a valid host name or IP address"},
      {"http://example..com", "the host is not a valid host name or IP address"},
      {"http://.example.com", "the host is not a valid host name or IP address"},
      {"http://.", "the host is not a valid host name or IP address"},
      {"http://bücher.example", "the host is not a valid host name or IP address"},
      {"http://256.1.1.1", "the host is not a valid host name or IP address"},
      {"http://1.2.3", "the host is not a valid host name or IP address"},
      {"http://" + long_label, "the host is not a valid host name or IP address"},
      {"http://" + label + label + label + label + "aa", "the host is not a valid host name or IP address"},
      {"http://::1", "an IPv6 address must stand in brackets"},
      {"http://[::1", "the IPv6 address has no closing bracket"},
      {"http://[::1]80", "after an IPv6 address only a port may follow"},
      {"http://[127.0.0.1]", "the text in brackets is not an IPv6 address"},
      {"http://[fe80::1%eth0]", "the text in brackets is not an IPv6 address"},
      {"http://example.com/a b", "the path contains a character that a URL must not have"},
      {"http://example.com/a\r\nb", "the path contains a character that a URL must not have"},
      {"http://example.com/%zz", "the path contains a character that a URL must not have"},
      {"http://example.com/%4", "the path contains a character that a URL must not have"},
      {std::string("http://exa\0mple.com", 19), "the host is not a valid host name or IP address"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Url> url = parse_url(row.text);
    REQUIRE_FALSE(url.has_value());
    CHECK(url.error().detail == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw
