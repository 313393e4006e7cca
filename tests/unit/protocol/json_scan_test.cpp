#include "protocol/json_scan.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {

TEST_SUITE("protocol/json_scan") {
  TEST_CASE("each member is given with its place and the commas beside it") {
    const std::string_view text = "{ \"a\" : [1, {\"x\":2}] , \"b\":null\n,\"c\":\"}\" } ";
    JsonScan scan(text);
    JsonMember member;
    std::vector<std::string> seen;
    while (scan.next(member)) {
      seen.push_back(std::string(text.substr(member.key.offset, member.key.length)) + '=' +
                     std::string(text.substr(member.value.offset, member.value.length)) + ' ' +
                     (member.comma_before ? std::to_string(*member.comma_before) : "-") + ' ' +
                     (member.comma_behind ? std::to_string(*member.comma_behind) : "-"));
    }
    CHECK_FALSE(scan.failed());
    CHECK(seen == std::vector<std::string>{"\"a\"=[1, {\"x\":2}] - 21", "\"b\"=null 21 32", "\"c\"=\"}\" 32 -"});
    CHECK_FALSE(scan.next(member));
  }

  TEST_CASE("after a fault nothing more is given") {
    JsonScan scan("{\"a\":1,x}");
    JsonMember member;
    CHECK(scan.next(member));
    CHECK_FALSE(scan.next(member));
    CHECK(scan.failed());
    CHECK_FALSE(scan.next(member));
    CHECK(scan.message() == "Invalid JSON at byte 8 (line 1, column 8): expected '\"' and a member's name, found 'x'");
  }

  TEST_CASE("every proper piece of an object is faulty, at every length of its strings") {
    for (std::size_t length = 0; length < 20; ++length) {
      const std::string text = "{\"" + std::string(length, 'k') + "\":\"" + std::string(length, 'v') + "\\n" +
                               std::string(length, 'w') + "\",\"n\":[-1.5e3,true,{}]}";
      CAPTURE(text);
      CHECK_FALSE(json_object_fault(text));
      for (std::size_t bytes = 0; bytes < text.size(); ++bytes) {
        CHECK(json_object_fault(std::string_view(text).substr(0, bytes)));
      }
    }
  }

  TEST_CASE("kinds are named for a sentence") {
    CHECK(json_kind('{') == "an object");
    CHECK(json_kind('[') == "an array");
    CHECK(json_kind('"') == "a string");
    CHECK(json_kind('t') == "a boolean");
    CHECK(json_kind('f') == "a boolean");
    CHECK(json_kind('n') == "null");
    CHECK(json_kind('-') == "a number");
  }
}

}  // namespace aigw::protocol
