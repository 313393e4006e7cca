#include "protocol/chat/tool_decoder.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace aigw::protocol::chat {
namespace {

using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;

// The request with these members, and the field that is rejected.
struct Decoded {
  Request request;
  std::string rejected;
};

Decoded decode(const std::string& members) {
  const Json body = Json::parse("{" + members + "}");
  canonical::Notes notes;
  RequestFields fields(body, notes);
  Decoded decoded;
  decode_tools(fields, decoded.request);
  if (notes.rejection()) decoded.rejected = notes.rejection()->param;
  return decoded;
}

const std::string kTools = R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"custom",)"
                           R"("custom":{"name":"g"}}])";

}  // namespace

TEST_SUITE("protocol/chat/tool_decoder") {
  TEST_CASE("each kind of tool is read") {
    const Decoded decoded = decode(
        R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},)"
        R"("strict":true},)"
        R"("cache_control":{"type":"ephemeral"}},{"function":{"name":"g","parameters":null,)"
        R"("cache_control":{"type":"ephemeral","ttl":"1h"}}},)"
        R"({"type":"custom","custom":{"name":"h","format":{"type":"text"}}},{"type":"web_search_20250305",)"
        R"("name":"web_search"}])");
    CHECK(decoded.rejected == "");
    REQUIRE(decoded.request.tools.size() == 4);
    const Tool& function = decoded.request.tools[0];
    CHECK(function.kind == Tool::Kind::Function);
    CHECK(function.name == "f");
    CHECK(function.description == "d");
    CHECK(dump(*function.parameters) == R"({"type":"object"})");
    CHECK(function.strict == true);
    CHECK(function.cache);
    const Tool& bare = decoded.request.tools[1];
    CHECK(bare.name == "g");
    CHECK_FALSE(bare.parameters);
    CHECK(bare.cache->ttl == "1h");
    const Tool& custom = decoded.request.tools[2];
    CHECK(custom.kind == Tool::Kind::Custom);
    CHECK(dump(*custom.format) == R"({"type":"text"})");
    const Tool& server = decoded.request.tools[3];
    CHECK(server.kind == Tool::Kind::Server);
    CHECK(server.name == "web_search");
    CHECK(dump(*server.raw) == R"({"type":"web_search_20250305","name":"web_search"})");
    CHECK_FALSE(decoded.request.legacy_functions);
  }

  TEST_CASE("legacy functions are tools, and the client gets its own form back") {
    const Decoded decoded = decode(R"("functions":[{"name":"f"}],"function_call":{"name":"f"})");
    CHECK(decoded.rejected == "");
    CHECK(decoded.request.tools.at(0).name == "f");
    CHECK(decoded.request.legacy_functions);
    CHECK(decoded.request.tool_choice->name == "f");
  }

  TEST_CASE("each choice is read") {
    struct Row {
      const char* choice;
      ToolChoice::Kind kind;
      const char* name;
    };
    for (const Row& row : {
             Row{R"("auto")", ToolChoice::Kind::Auto, ""},
             Row{R"("none")", ToolChoice::Kind::None, ""},
             Row{R"("required")", ToolChoice::Kind::Required, ""},
             Row{R"({"type":"function","function":{"name":"f"}})", ToolChoice::Kind::Named, "f"},
             Row{R"({"type":"custom","custom":{"name":"g"}})", ToolChoice::Kind::Named, "g"},
         }) {
      CAPTURE(row.choice);
      const Decoded decoded = decode(kTools + R"(,"tool_choice":)" + row.choice);
      CHECK(decoded.rejected == "");
      REQUIRE(decoded.request.tool_choice);
      CHECK(decoded.request.tool_choice->kind == row.kind);
      CHECK(decoded.request.tool_choice->name == row.name);
    }
    const Decoded allowed = decode(kTools + R"(,"tool_choice":{"type":"allowed_tools",)"
                                            R"("allowed_tools":{"mode":"required",)"
                                            R"("tools":[{"type":"function","function":{"name":"f"}}]}})");
    CHECK(allowed.request.tool_choice->kind == ToolChoice::Kind::Allowed);
    CHECK(allowed.request.tool_choice->names == std::vector<std::string>{"f"});
    CHECK(allowed.request.tool_choice->required);
  }

  TEST_CASE("what can't be used is rejected by its name") {
    struct Row {
      std::string members;
      const char* want;
    };
    for (const Row& row : {
             Row{R"("tools":[{"type":"function","function":{}}])", "tools[0].function.name"},
             Row{R"("tools":[{"type":"function","function":{"name":"f","parameters":7}}])",
                 "tools[0].function.parameters"},
             Row{R"("tools":[{"type":"custom"}])", "tools[0].custom.name"},
             Row{R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"file_search"}])", "tools[1].type"},
             Row{R"("tools":[7])", "tools[0].type"},
             Row{R"("functions":[{}])", "functions[0].name"},
             Row{kTools + R"(,"tool_choice":"any")", "tool_choice"},
             Row{kTools + R"(,"tool_choice":7)", "tool_choice"},
             Row{kTools + R"(,"tool_choice":{"type":"function","function":{"name":"x"}})", "tool_choice"},
             Row{R"("tool_choice":{"type":"function","function":{"name":"f"}})", "tool_choice"},
             Row{kTools + R"(,"tool_choice":{"type":"allowed_tools",)"
                          R"("allowed_tools":{"tools":[{"function":{"name":"x"}}]}})",
                 "tool_choice"},
             Row{R"("functions":[{"name":"f"}],"function_call":{"name":"x"})", "function_call"},
             Row{kTools + R"(,"parallel_tool_calls":1)", "parallel_tool_calls"},
         }) {
      CAPTURE(row.members);
      CHECK(decode(row.members).rejected == row.want);
    }
  }
}

}  // namespace aigw::protocol::chat
