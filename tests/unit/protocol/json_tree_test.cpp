#include "protocol/json_tree.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/envelope.h"

namespace aigw::protocol {

TEST_SUITE("protocol/json_tree") {
  TEST_CASE("a tree is written as it was read, in the same order") {
    const std::string text = R"({"z":1.0,"a":[18446744073709551615,-1,"é\n",null],"m":{"y":{},"b":true}})";
    const Result<Json> tree = parse_object(text);
    REQUIRE(tree);
    CHECK(dump(*tree) == text);
  }

  TEST_CASE("what is no object, or too deep for a small stack, is Garbled") {
    const std::string deep = R"({"a":)" + std::string(kDepthMax, '[') + std::string(kDepthMax, ']') + '}';
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{} {}"), std::string("{\"a\":1e999}"), deep}) {
      CAPTURE(text);
      const Result<Json> tree = parse_object(text);
      REQUIRE_FALSE(tree);
      CHECK(tree.error().kind == ErrorKind::Garbled);
    }
  }

  TEST_CASE("a member is found only in an object that has it") {
    const Json tree = {{"a", nullptr}, {"b", ""}, {"c", 0}};
    REQUIRE(find_member(tree, "c") != nullptr);
    CHECK(*find_member(tree, "c") == 0);
    CHECK(find_member(tree, "x") == nullptr);
    CHECK(find_member(tree.at("c"), "c") == nullptr);
    CHECK_FALSE(is_given(tree.at("a")));
    CHECK_FALSE(is_given(tree.at("b")));
    CHECK(is_given(tree.at("c")));
  }

  TEST_CASE("invalid UTF-8 is replaced when written") { CHECK(dump(Json("\xFF")) == "\"\xEF\xBF\xBD\""); }
}

}  // namespace aigw::protocol
