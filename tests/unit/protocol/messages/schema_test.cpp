#include "protocol/messages/schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace aigw::protocol::messages {
namespace {

std::string as_input(const char* schema, std::string description = "") {
  return dump(input_schema(Json::parse(schema), description));
}

std::string cleaned(const char* schema) { return dump(cleaned_schema(Json::parse(schema))); }

}  // namespace

TEST_SUITE("protocol/messages/schema") {

TEST_CASE("a tool's schema is an object at the top, and all else in it stays") {
  struct Row {
    const char* sent;
    const char* want;
  };
  const char* const open = R"({"type":"object","properties":{}})";
  for (const Row& row : {
           Row{"null", open},
           Row{"{}", open},
           Row{"true", open},
           Row{"\"x\"", open},
           Row{"[1]", open},
           Row{R"({"properties":{"a":{"type":"string"}}})",
               R"({"type":"object","properties":{"a":{"type":"string"}}})"},
           Row{R"({"type":null,"properties":{}})", open},
           Row{R"({"type":"object","required":null})", R"({"type":"object"})"},
           Row{R"({"type":"object","properties":{"a":{"type":"object","required":null},"required":null}})",
               R"({"type":"object","properties":{"a":{"type":"object"},"required":null}})"},
           Row{R"({"type":"object","additionalProperties":false,"$defs":{"z":{"oneOf":[{"minimum":1.0}]}},)"
               R"("properties":{"b":{"format":"x","enum":[1,null]},"a":{"$ref":"#/$defs/z"}}})",
               R"({"type":"object","additionalProperties":false,"$defs":{"z":{"oneOf":[{"minimum":1.0}]}},)"
               R"("properties":{"b":{"format":"x","enum":[1,null]},"a":{"$ref":"#/$defs/z"}}})"},
       }) {
    CAPTURE(row.sent);
    CHECK(as_input(row.sent) == row.want);
  }
}

TEST_CASE("combinators at the top become one list of properties") {
  struct Row {
    const char* name;
    const char* sent;
    const char* want;
  };
  for (const Row& row : {
           Row{"all", R"({"type":"object","properties":{"a":{}},"required":["a"],)"
                      R"("allOf":[{"properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"c":{}}}]})",
               R"({"type":"object","properties":{"a":{},"b":{"type":"string"},"c":{}},"required":["a","b"]})"},
           Row{"any", R"({"anyOf":[{"type":"object","properties":{"k":{"const":1},"x":{}},"required":["k","x"]},)"
                      R"({"type":"object","properties":{"k":{"const":2}},"required":["k"]},{"type":"null"}]})",
               R"({"type":"object","properties":{"k":{"anyOf":[{"const":1},{"const":2}]},"x":{}},"required":["k"]})"},
           Row{"one, by reference",
               R"({"oneOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],)"
               R"("$defs":{"A":{"properties":{"a":{}},"required":["a"]},"B":{"properties":{"b":{}}}}})",
               R"({"type":"object","$defs":{"A":{"properties":{"a":{}},"required":["a"]},"B":{"properties":{"b":{}}}},)"
               R"("properties":{"a":{},"b":{}}})"},
           Row{"a part that says more of a property",
               R"({"properties":{"a":{"type":"string"}},"allOf":[{"properties":{"a":{"minLength":2}}}]})",
               R"({"type":"object","properties":{"a":{"allOf":[{"type":"string"},{"minLength":2}]}}})"},
           Row{"nothing to merge", R"({"type":"object","anyOf":7})", R"({"type":"object","properties":{}})"},
       }) {
    CAPTURE(row.name);
    CHECK(as_input(row.sent) == row.want);
  }
}

TEST_CASE("the original of a merged schema is noted in the tool's description") {
  std::string description = "Finds.";
  input_schema(Json::parse(R"({"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]})"), description);
  CHECK(description ==
        "Finds.\n\nThe input must also match this JSON Schema: "
        R"({"anyOf":[{"required":["a"]},{"required":["b"]}]})");
}

TEST_CASE("a schema that refers to itself over and over is merged to a bound") {
  CHECK(as_input(R"({"$defs":{"A":{"properties":{"a":{}},"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}]},)"
                 R"("B":{"$ref":"#/$defs/B"}},"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"},{"$ref":"#/x"}]})") ==
        R"({"type":"object","$defs":{"A":{"properties":{"a":{}},"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}]},)"
        R"("B":{"$ref":"#/$defs/B"}},"properties":{"a":{}}})");
}

TEST_CASE("of many variants of a property none is told, and they are not all compared") {
  const auto merged = [](int branches, int words) {
    Json schema = {{"type", "object"}, {"anyOf", Json::array()}};
    for (int i = 0; i < branches; ++i) {
      Json property = {{"enum", Json::array()}};
      for (int word = 0; word < words; ++word) property["enum"].push_back("a word of the list");
      property["enum"].push_back(i);
      schema["anyOf"].push_back({{"type", "object"}, {"properties", {{"a", std::move(property)}}}});
    }
    std::string description;
    return input_schema(schema, description).at("properties").at("a");
  };
  CHECK(merged(32, 0).at("anyOf").size() == 32);
  CHECK(merged(33, 0) == Json::object());
  CHECK(merged(990, 400) == Json::object());
}

TEST_CASE("for output by schema only what Anthropic knows is kept, and the rest is told in words") {
  struct Row {
    const char* sent;
    const char* want;
  };
  for (const Row& row : {
           Row{R"({"type":"object","properties":{"a":{"type":"string","title":"A","default":null}},"required":["a"]})",
               R"({"type":"object","properties":{"a":{"type":"string","title":"A","default":null}},"required":["a"],)"
               R"("additionalProperties":false})"},
           Row{R"({"type":"object","additionalProperties":true})", R"({"type":"object","additionalProperties":false})"},
           Row{R"({"type":["object","null"],"additionalProperties":{"type":"string"}})",
               R"({"type":["object","null"],"description":"{additionalProperties: {\"type\":\"string\"}}",)"
               R"("additionalProperties":false})"},
           Row{R"({"type":"integer","minimum":0,"maximum":9,"description":"A digit."})",
               R"({"type":"integer","description":"A digit.\n\n{minimum: 0, maximum: 9}"})"},
           Row{R"({"type":"string","format":"date","pattern":"^x$","minLength":1,"maxLength":2})",
               R"({"type":"string","format":"date","description":"{pattern: ^x$, minLength: 1, maxLength: 2}"})"},
           Row{R"({"type":"string","format":"byte"})", R"({"type":"string","description":"{format: byte}"})"},
           Row{R"({"type":"array","minItems":1,"items":{"oneOf":[{"const":1},{"exclusiveMinimum":2}]}})",
               R"({"type":"array","minItems":1,"items":{"anyOf":[{"const":1},)"
               R"({"description":"{exclusiveMinimum: 2}"}]}})"},
           Row{R"({"type":"array","minItems":2,"maxItems":3,"uniqueItems":true})",
               R"({"type":"array","description":"{minItems: 2, maxItems: 3, uniqueItems: true}"})"},
           Row{R"({"anyOf":[{"enum":[1]}],"oneOf":[{"enum":[2]}],"allOf":[{"$ref":"#/$defs/x"}]})",
               R"({"anyOf":[{"enum":[1]}],"allOf":[{"anyOf":[{"enum":[2]}]},{"$ref":"#/$defs/x"}]})"},
           Row{R"({"$schema":"s","not":{"type":"null"},"if":{},"minProperties":1,"title":null})",
               R"({"description":"{$schema: s, not: {\"type\":\"null\"}, if: {}, minProperties: 1}"})"},
           Row{R"({"properties":{"minimum":{"type":"number","multipleOf":2},"format":true},)"
               R"("$defs":{"pattern":{"type":"object"}},"definitions":{"not":{"maxLength":1}}})",
               R"({"properties":{"minimum":{"type":"number","description":"{multipleOf: 2}"},"format":true},)"
               R"("$defs":{"pattern":{"type":"object","additionalProperties":false}},)"
               R"("definitions":{"not":{"description":"{maxLength: 1}"}},"additionalProperties":false})"},
           Row{R"({"properties":7,"items":null,"anyOf":{},"required":null,"description":3})",
               R"({"description":"{properties: 7, anyOf: {}}","additionalProperties":false})"},
           Row{"7", "7"},
       }) {
    CAPTURE(row.sent);
    CHECK(cleaned(row.sent) == row.want);
  }
}

TEST_CASE("a schema that nests absurdly deep is cleaned to a bound, and never strict") {
  const std::string closed = R"("type":"object","additionalProperties":false,"required":["items"],)"
                             R"("properties":{"items":)";
  std::string nested = "{\"minimum\":1}";
  std::string strict = "{}";
  for (int i = 0; i < 100; ++i) nested = "{\"items\":" + nested + "}";
  CHECK(cleaned(nested.c_str()) == nested);
  for (int i = 0; i < 100; ++i) strict = "{" + closed + strict + "}}";
  CHECK_FALSE(is_strict_schema(Json::parse(strict)));
}

TEST_CASE("a schema that a tool can't have at its top is wrapped, with its definitions") {
  for (const char* const whole : {R"({"type":"object"})", R"({"properties":{"a":{}}})"}) {
    CAPTURE(whole);
    CHECK(describes_object(Json::parse(whole)));
  }
  for (const char* const other : {"{}", "true", R"({"type":"array"})", R"({"type":"object","anyOf":[]})",
                                  R"({"type":["object","null"]})", R"({"$ref":"#/$defs/a"})"}) {
    CAPTURE(other);
    CHECK_FALSE(describes_object(Json::parse(other)));
  }
  CHECK(dump(wrapped_schema(Json::parse(R"({"type":"array","items":{"$ref":"#/$defs/a"},"$defs":{"a":{}}})"))) ==
        R"({"type":"object","properties":{"value":{"type":"array","items":{"$ref":"#/$defs/a"}}},"required":["value"],)"
        R"("$defs":{"a":{}}})");
}

TEST_CASE("a schema is strict if every object in it is closed and requires all it has") {
  struct Row {
    bool strict;
    const char* schema;
  };
  for (const Row& row : {
           Row{true, R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false})"},
           Row{false, R"({"type":"object","properties":{"a":{}},"required":["a"]})"},
           Row{false, R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":true})"},
           Row{false, R"({"type":"object","properties":{"a":{}},"required":[],"additionalProperties":false})"},
           Row{false, R"({"type":"object","properties":{"a":{}},"required":7,"additionalProperties":false})"},
           Row{false, R"({"type":"object","properties":{"a":{"type":"object"}},"required":["a"],)"
                      R"("additionalProperties":false})"},
           Row{false, R"({"type":"object","properties":{"a":{"anyOf":[{"items":{"properties":{}}}]}},)"
                      R"("required":["a"],"additionalProperties":false})"},
           Row{false, R"({"type":"object","properties":{},"$defs":{"x":{"type":["null","object"]}},)"
                      R"("additionalProperties":false})"},
           Row{true, R"({"type":"object","properties":{"type":{"const":{"type":"object"}}},"required":["type"],)"
                     R"("additionalProperties":false})"},
           Row{false, R"({"type":"array"})"},
           Row{false, "{}"},
       }) {
    CAPTURE(row.schema);
    CHECK(is_strict_schema(Json::parse(row.schema)) == row.strict);
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol::messages
