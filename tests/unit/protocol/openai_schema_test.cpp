#include "protocol/openai_schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace aigw::protocol {

TEST_SUITE("protocol/openai_schema") {
  TEST_CASE("object schemas get what OpenAI insists on, and keep the order of what they have") {
    struct Row {
      const char* schema;
      const char* want;
    };
    for (const Row& row : {
             Row{"null", R"({"type":"object","properties":{}})"},
             Row{"{}", R"({"type":"object","properties":{}})"},
             Row{R"({"properties":{"b":{},"a":{}},"required":null})", R"({"type":"object","properties":{"b":{},)"
                 R"("a":{}}})"},
             Row{R"({"type":null})", R"({"type":"object","properties":{}})"},
             Row{R"({"type":"object","properties":{"a":{"type":"object"},"b":{"type":["object","null"]},)"
                 R"("c":{"type":"string"}}})",
                 R"({"type":"object","properties":{"a":{"type":"object","properties":{}},)"
                 R"("b":{"type":["object","null"],"properties":{}},"c":{"type":"string"}}})"},
             Row{R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","required":null}}}})",
                 R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{}}}}})"},
             Row{R"({"type":"object","properties":{},"$defs":{"x":{"type":"object"}},"anyOf":[{"type":"object"}]})",
                 R"({"type":"object","properties":{},"$defs":{"x":{"type":"object","properties":{}}},)"
                 R"("anyOf":[{"type":"object","properties":{}}]})"},
             Row{R"({"type":"object","properties":{"required":null,"items":{"type":"string"},)"
                 R"("type":{"type":"string"}}})",
                 R"({"type":"object","properties":{"required":null,"items":{"type":"string"},)"
                 R"("type":{"type":"string"}}})"},
             Row{R"({"type":"object","properties":{"a":{"enum":[{"type":"object"}],"default":{"type":"object"}}}})",
                 R"({"type":"object","properties":{"a":{"enum":[{"type":"object"}],"default":{"type":"object"}}}})"},
         }) {
      CAPTURE(row.schema);
      CHECK(dump(completed_schema(Json::parse(row.schema))) == row.want);
    }
  }

  TEST_CASE("a schema is strict if each of its objects is") {
    struct Row {
      const char* schema;
      bool want;
    };
    for (const Row& row : {
             Row{R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false})", true},
             Row{R"({"type":"object","properties":{"a":{},"b":{}},"required":["a"],"additionalProperties":false})",
                 false},
             Row{R"({"type":"object","properties":{"a":{}},"required":["a"]})", false},
             Row{R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":true})", false},
             Row{R"({"type":"object","properties":{"a":{"type":"object"}},"required":["a"],)"
                 R"("additionalProperties":false})", false},
             Row{R"({"type":"array","items":{"type":"object","properties":{}}})", false},
             Row{R"({"type":"object","properties":{},"additionalProperties":false,"$defs":{"x":{"type":"object"}}})",
                 false},
             Row{R"({"type":"string"})", true},
         }) {
      CAPTURE(row.schema);
      CHECK(is_strict_schema(Json::parse(row.schema)) == row.want);
    }
  }
}

}  // namespace aigw::protocol
