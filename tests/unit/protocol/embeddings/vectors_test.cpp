#include "protocol/embeddings/vectors.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace aigw::protocol::embeddings {

TEST_SUITE("protocol/embeddings/vectors") {
  TEST_CASE("numbers and base64 are the same float32") {
    const Json numbers = {0.5, -1.25, 3.4028234663852886e38, 0};
    const Json text = "AAAAPwAAoL///39/AAAAAA==";
    CHECK(in_form(numbers, true) == text);
    CHECK(in_form(text, false) == numbers);
    CHECK(in_form(text, true) == text);
    CHECK(in_form(Json::array(), true) == Json(""));
  }

  TEST_CASE("what has the wanted form keeps its spelling") {
    CHECK(in_form(Json::parse("[1.0,1e0,0.10]"), false)->dump() == Json::parse("[1.0,1e0,0.10]").dump());
  }

  TEST_CASE("what is no vector of numbers is none") {
    for (const char* text : {"null", "7", "{}", "[\"x\"]", "[null]", "\"AAA\"", "\"AAAAPwA=\"", "\"!!!!\"",
                             "\"AADAfw==\"", "\"AACAfw==\""}) {
      CAPTURE(text);
      CHECK_FALSE(in_form(Json::parse(text), false));
    }
    for (const char* text : {"[1e300]", "[-1e39]", "[true]", "[[1]]"}) {
      CAPTURE(text);
      CHECK_FALSE(in_form(Json::parse(text), true));
    }
  }
}

}  // namespace aigw::protocol::embeddings
