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

  TEST_CASE("of members with one name the last counts, where the first stood") {
    const Result<Json> tree = parse_object(R"({"a":{"x":1},"b":[{}],"a":[[],2]})");
    REQUIRE(tree);
    CHECK(dump(*tree) == R"({"a":[[],2],"b":[{}]})");
  }

  TEST_CASE("an object of so many members that reading it would take long is Garbled") {
    const auto object_of = [](int members) {
      std::string text = R"({"a":[{"0":0)";
      for (int i = 1; i < members; ++i) text += ",\"" + std::to_string(i) + "\":0";
      return text + "}]}";
    };
    CHECK(parse_object(object_of(10'000)));
    const Result<Json> tree = parse_object(object_of(10'001));
    REQUIRE_FALSE(tree);
    CHECK(tree.error().kind == ErrorKind::Garbled);
    CHECK(tree.error().detail == "an object with more than 10000 members");
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
