#include "auth/strict_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace aigw::auth {
namespace {

std::string nested(std::size_t levels) {
  return R"({"a":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + '}';
}

TEST_SUITE("auth/strict_json") {
  TEST_CASE("an object is read as it stands") {
    for (const std::string& text :
         {std::string(R"({})"), std::string(R"( {"a":1,"b":{"a":[{"a":-1},{"a":1.5}]},"c":[null,true,"ü"]} )"),
          nested(64)}) {
      CAPTURE(text);
      const Result<nlohmann::json> object = parse_strictly(text);
      REQUIRE(object);
      CHECK(*object == nlohmann::json::parse(text));
    }
  }

  TEST_CASE("what two readers could read in two ways, or is too deep, is refused") {
    struct Row {
      std::string text;
      std::string want;
    };
    for (const Row& row : {Row{"", "no JSON"},
                           {"[]", "no JSON object"},
                           {"\"a\"", "no JSON object"},
                           {"null", "no JSON object"},
                           {"{", "no JSON"},
                           {"{} {}", "no JSON"},
                           {R"({"a":1,})", "no JSON"},
                           {R"({"a":1/**/})", "no JSON"},
                           {R"({"a":1e400})", "no JSON"},
                           {R"({"a":NaN})", "no JSON"},
                           {R"({"a":"\ud800"})", "no JSON"},
                           {"{\"a\":\"\xff\"}", "no JSON"},
                           {R"({"a":1,"b":2,"a":1})", "a name stands twice in one object"},
                           {R"({"a":1,"\u0061":2})", "a name stands twice in one object"},
                           {R"({"a":[{"b":{},"b":{}}]})", "a name stands twice in one object"},
                           {nested(65), "nested deeper than 64 levels"},
                           {std::string(100'000, '['), "nested deeper than 64 levels"}}) {
      CAPTURE(row.text);
      const Result<nlohmann::json> object = parse_strictly(row.text);
      REQUIRE_FALSE(object);
      CHECK(object.error().detail == row.want);
    }
  }
}

}  // namespace
}  // namespace aigw::auth
