#include "protocol/gemini/schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/envelope.h"

namespace aigw::protocol::gemini {
namespace {

struct Row {
  const char* name;
  const char* schema;
  const char* want;
};

Json written(const Json& schema) {
  SchemaBudget budget;
  return to_gemini_schema(schema, budget);
}

void check(const Row& row) {
  CAPTURE(row.name);
  CHECK(written(Json::parse(row.schema)).dump() == Json::parse(row.want).dump());
}

// A definition that names the next one twice, `length` times over.
Json doubling_schema(int length, const char* keyword) {
  Json definitions = Json::object();
  for (int i = 0; i < length; ++i) {
    const Json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    Json& definition = definitions["d" + std::to_string(i)];
    if (std::string(keyword) == "properties") definition["properties"] = {{"a", next}, {"b", next}};
    if (std::string(keyword) == "allOf") {
      for (const char* inner : {"allOf", "anyOf"}) {
        definition["allOf"].push_back({{inner, Json::array({next, nullptr})}});
      }
    }
  }
  return {{"$ref", "#/$defs/d0"}, {"$defs", std::move(definitions)}};
}

}  // namespace

TEST_SUITE("protocol/gemini/schema") {
  TEST_CASE("what Gemini knows stays, everything else goes, at every depth") {
    const Row rows[] = {
        {"an object", R"({"type":"object","title":"T","description":"d","properties":{"a":{"type":"string"}},
          "required":["a"],"propertyOrdering":["a"],"minProperties":1,"maxProperties":2,"nullable":true})",
         R"({"type":"object","title":"T","description":"d","propertyOrdering":["a"],"minProperties":1,"maxProperties":2,
          "properties":{"a":{"type":"string"}},"required":["a"],"nullable":true})"},
        {"a text",
         R"({"type":"string","minLength":1,"maxLength":9,"pattern":"^a","example":"ab","format":"date-time"})",
         R"({"type":"string","minLength":1,"maxLength":9,"pattern":"^a","example":"ab","format":"date-time"})"},
        {"a format of numbers", R"({"type":"integer","format":"int32","minimum":1,"maximum":2})",
         R"({"type":"integer","format":"int32","minimum":1,"maximum":2})"},
        {"another format", R"({"type":"string","format":"uri"})", R"({"type":"string"})"},
        {"a number's format at a text", R"({"type":"string","format":"int32"})", R"({"type":"string"})"},
        {"an array", R"({"type":"array","items":{"type":"number","multipleOf":2},"minItems":1,"uniqueItems":true})",
         R"({"type":"array","minItems":1,"items":{"type":"number"}})"},
        {"removed", R"({"$schema":"s","$id":"i","$comment":"c","type":"object","additionalProperties":false,
          "patternProperties":{},"propertyNames":{},"unevaluatedProperties":false,"not":{},"if":{},"then":{},"else":{},
          "contains":{},"examples":[1],"deprecated":true,"readOnly":true,"writeOnly":true,"default":{},"x-mine":1,
          "properties":{"a":{"type":"object","additionalProperties":{"type":"string"}}}})",
         R"({"type":"object","properties":{"a":{"type":"object"}}})"},
        {"Gemini's own spelling", R"({"type":"STRING"})", R"({"type":"string"})"},
    };
    for (const Row& row : rows) check(row);
  }

  TEST_CASE("what Gemini does not know is said in its words") {
    const Row rows[] = {
        {"const", R"({"const":"x"})", R"({"type":"string","enum":["x"]})"},
        {"const of a number", R"({"type":"integer","const":5})", R"({"type":"string","enum":["5"]})"},
        {"enum of numbers", R"({"type":"number","enum":[1,2.5,true]})",
         R"({"type":"string","enum":["1","2.5","true"]})"},
        {"enum with null", R"({"type":["string","null"],"enum":["a",null]})",
         R"({"type":"string","enum":["a"],"nullable":true})"},
        {"enum with an empty text", R"({"type":"string","enum":["","a"]})", R"({"type":"string","enum":["a"]})"},
        {"a type or null", R"({"type":["integer","null"],"minimum":1})",
         R"({"type":"integer","minimum":1,"nullable":true})"},
        {"several types", R"({"type":["string","integer","null"],"description":"d","minLength":1,"minimum":3})",
         R"({"description":"d","anyOf":[{"type":"string","minLength":1},{"type":"integer","minimum":3}],
          "nullable":true})"},
        {"a text or an array", R"({"type":["string","array"],"items":{"type":"integer"}})",
         R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"integer"}}]})"},
        {"anyOf with null", R"({"anyOf":[{"type":"string","title":"inner"},{"type":"null"}],"title":"outer"})",
         R"({"type":"string","title":"outer","nullable":true})"},
        {"anyOf of three", R"({"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]})",
         R"({"nullable":true,"anyOf":[{"type":"string"},{"type":"integer"}]})"},
        {"oneOf", R"({"oneOf":[{"type":"string"},{"type":"boolean"}]})",
         R"({"anyOf":[{"type":"string"},{"type":"boolean"}]})"},
        {"allOf", R"({"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},
          {"type":"object","properties":{"b":{"type":"integer"}},"required":["b","a"]}]})",
         R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]})"},
        {"limits excluded", R"({"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":9})",
         R"({"type":"integer","minimum":2,"maximum":8})"},
        {"limits in draft 4", R"({"type":"integer","minimum":1,"exclusiveMinimum":true})",
         R"({"type":"integer","minimum":2})"},
        {"the tighter limit", R"({"type":"integer","minimum":7,"exclusiveMinimum":1})",
         R"({"type":"integer","minimum":7})"},
        {"limits of numbers", R"({"type":"number","exclusiveMinimum":1})", R"({"type":"number"})"},
        {"required without property",
         R"({"type":"object","properties":{"a":{"type":"string"}},"required":["b","a","a"]})",
         R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})"},
        {"array without items", R"({"type":"array"})", R"({"type":"array","items":{"type":"string"}})"},
        {"a tuple", R"({"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]})",
         R"({"type":"array","items":{"anyOf":[{"type":"string"},{"type":"integer"}]}})"},
        {"a type left out", R"({"properties":{"a":{"items":{"type":"string"}}}})",
         R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}})"},
        {"branches that say nothing", R"({"type":"object","properties":{"a":{"type":"string"}},
          "anyOf":[{"required":["a"]},{"required":["b"]}]})",
         R"({"type":"object","properties":{"a":{"type":"string"}}})"},
    };
    for (const Row& row : rows) check(row);
  }

  TEST_CASE("a property that is named like a keyword is a name") {
    check({"names",
           R"({"type":"object","properties":{"const":{"type":"string"},"format":{"type":"integer"},
             "default":{"type":"string","default":"x"},"$ref":{"type":"string"},"properties":{"type":"object"},
             "anyOf":{"type":"string"},"type":{"type":"string","format":"uri"}},"required":["const","$ref"]})",
           R"({"type":"object","properties":{"const":{"type":"string"},"format":{"type":"integer"},
             "default":{"type":"string"},"$ref":{"type":"string"},"properties":{"type":"object"},
             "anyOf":{"type":"string"},"type":{"type":"string"}},"required":["const","$ref"]})"});
  }

  TEST_CASE("references become copies") {
    const Row rows[] = {
        {"$defs", R"({"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"mine"}},
          "$defs":{"A":{"type":"string","description":"its","pattern":"x"}}})",
         R"({"type":"object","properties":{"a":{"type":"string","description":"mine","pattern":"x"}}})"},
        {"definitions, escaped", R"({"$ref":"#/definitions/a~1b","definitions":{"a/b":{"$ref":"#/definitions/c"},
          "c":{"type":"boolean"}}})",
         R"({"type":"boolean"})"},
        {"or null", R"({"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}],"$defs":{"A":{"type":"integer"}}})",
         R"({"type":"integer","nullable":true})"},
        {"to nowhere", R"({"$ref":"#/$defs/X","description":"d"})", R"({"type":"object","description":"d"})"},
        {"elsewhere", R"({"$ref":"https://example.com/schema"})", R"({"type":"object"})"},
        {"to itself", R"({"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/A"}}})", R"({})"},
        {"the same twice", R"({"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}],
          "$defs":{"A":{"properties":{"b":{"$ref":"#/$defs/B"}}},"B":{"type":"string"}}})",
         R"({"type":"object","properties":{"b":{"type":"string"}}})"},
    };
    for (const Row& row : rows) check(row);
  }

  TEST_CASE("a schema within itself is an open object after two levels") {
    check({"a tree", R"({"type":"object","properties":{"root":{"$ref":"#/$defs/Node"}},"$defs":{"Node":{"type":"object",
             "properties":{"name":{"type":"string"},"next":{"$ref":"#/$defs/Node"}}}}})",
           R"({"type":"object","properties":{"root":{"type":"object","properties":{"name":{"type":"string"},
             "next":{"type":"object","properties":{"name":{"type":"string"},"next":{"type":"object"}}}}}}})"});
    check({"the whole", R"({"type":"object","properties":{"next":{"$ref":"#"}}})",
           R"({"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object"}}}}})"});
  }

  TEST_CASE("a small schema can't ask for endless copies") {
    for (const char* keyword : {"properties", "allOf"}) {
      CAPTURE(keyword);
      const std::string text = written(doubling_schema(60, keyword)).dump();
      CHECK(text.size() < 1'000'000);
      CHECK(text.find("$ref") == std::string::npos);
    }
    Json deep = {{"type", "string"}};
    for (int i = 0; i < 200; ++i) deep = {{"type", "array"}, {"items", deep}};
    CHECK(parse_object(dump(written(deep))));
  }

  TEST_CASE("what references repeat is bounded for all schemas of a request") {
    Json choices = Json::array();
    for (int i = 0; i < 2000; ++i) choices.push_back("choice " + std::to_string(i));
    Json repeating = {{"$defs", {{"E", {{"type", "string"}, {"enum", choices}}}}}, {"type", "object"}};
    for (int i = 0; i < 2000; ++i) repeating["properties"][std::to_string(i)] = {{"$ref", "#/$defs/E"}};
    SchemaBudget budget;
    const std::string first = dump(to_gemini_schema(repeating, budget));
    CHECK(first.size() < std::size_t{16} << 20U);
    CHECK(first.find(R"("1":{"type":"string","enum":["choice 0")") != std::string::npos);
    CHECK(first.find(R"("1999":{"type":"object"})") != std::string::npos);
    CHECK(budget.is_spent());
    CHECK(dump(to_gemini_schema(repeating, budget)) == R"({"type":"object"})");
  }

  TEST_CASE("very many names are read in time that grows with them") {
    Json wide = {{"type", "object"}, {"required", Json::array()}};
    for (int i = 0; i < 4000; ++i) wide["properties"]["p" + std::to_string(i)] = {{"type", "string"}};
    for (int i = 0; i < 300'000; ++i) wide["required"].push_back("p3999");
    CHECK(written(wide)["required"] == Json::array({"p3999"}));
  }

  TEST_CASE("malformed schemas lose what is wrong with them") {
    const Row rows[] = {
        {"true", "true", "{}"},
        {"a text", R"("string")", "{}"},
        {"wrong types", R"({"type":5,"description":[],"minimum":"1","enum":{},"required":"a","properties":[],"anyOf":{},
          "allOf":1,"$ref":{},"items":7,"nullable":"yes","format":1,"pattern":null})",
         R"({"type":"array","items":{"type":"string"}})"},
        {"wrong elements", R"({"type":["string",1,null,"any"],"required":[1],"anyOf":[1,"x"],"allOf":[null]})",
         R"({"type":"string"})"},
        {"wrong properties", R"({"properties":{"a":true,"b":null,"c":[]}})",
         R"({"type":"object","properties":{"a":{},"b":{},"c":{}}})"},
    };
    for (const Row& row : rows) check(row);
  }
}

}  // namespace aigw::protocol::gemini
