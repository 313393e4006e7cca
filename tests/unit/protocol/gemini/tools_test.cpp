#include "protocol/gemini/tools.h"

#include <doctest/doctest.h>

#include "protocol/gemini/requests.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Notes;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;
using Kind = ToolChoice::Kind;

Request request_with(std::vector<Tool> tools, std::optional<ToolChoice> choice = std::nullopt) {
  Request request;
  request.tools = std::move(tools);
  request.tool_choice = std::move(choice);
  return request;
}

Tool server_tool() {
  Tool tool;
  tool.kind = Tool::Kind::Server;
  tool.raw = Json{{"type", "web_search_20250305"}, {"name", "web_search"}};
  return tool;
}

Json declared(Tool tool, const Target& target = {}) {
  canonical::ReplyRules rules;
  return function_declarations(request_with({std::move(tool)}), target, rules).at(0);
}

}  // namespace

TEST_SUITE("protocol/gemini/tools") {
  TEST_CASE("a function is declared with what there is to say") {
    CHECK(declared(function("f")).dump() == R"({"name":"f"})");
    CHECK(declared(function("f", "does", one_parameter())).dump() ==
          R"({"name":"f","description":"does","parameters":)" + one_parameter().dump() + "}");
    for (const char* empty : {"null", "{}", "7", R"({"type":"object"})", R"({"type":"object","properties":{}})"}) {
      CAPTURE(empty);
      CHECK(declared(function("f", "", tree(empty))).dump() == R"({"name":"f"})");
    }
  }

  TEST_CASE("a model that takes JSON Schema gets it as it is") {
    Target target;
    target.can.json_schema_tools = true;
    const Json schema = tree(R"({"$schema":"x","type":"object","properties":{"a":{"const":1}},"$defs":{}})");
    CHECK(declared(function("f", "", schema), target).dump() ==
          R"({"name":"f","parametersJsonSchema":)" + schema.dump() + "}");
    CHECK(declared(function("f", "", tree(R"({"type":"object"})")), target).dump() == R"({"name":"f"})");
    CHECK(declared(function("f", "", schema))["parameters"].dump() ==
          R"({"type":"object","properties":{"a":{"type":"string","enum":["1"]}}})");
  }

  TEST_CASE("a custom tool is a function with one text, under the client's name on the way back") {
    for (const char* format : {R"({"type":"grammar","grammar":{"syntax":"lark","definition":"start: A"}})",
                               R"({"type":"grammar","syntax":"lark","definition":"start: A"})"}) {
      CAPTURE(format);
      Tool tool = function("alias", "runs");
      tool.kind = Tool::Kind::Custom;
      tool.format = tree(format);
      canonical::ReplyRules rules;
      rules.tool_names["alias"] = "my tool";
      const Json written = function_declarations(request_with({tool}), {}, rules).at(0);
      CHECK(written["parameters"] ==
            tree(R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"]})"));
      CHECK(written["description"] == "runs\n\nThe input must follow this grammar (lark):\nstart: A");
      CHECK(rules.custom_tools == std::set<std::string>{"my tool"});
    }
  }

  TEST_CASE("tools that run elsewhere are rejected, or dropped where the operator wants that") {
    Request request = request_with({function("f"), server_tool()}, ToolChoice{Kind::Named, "web_search", {}, false});
    Notes notes;
    fit_tools(request, {}, notes);
    REQUIRE(notes.rejection());
    CHECK(notes.rejection()->param == "tools[1].type");

    request = request_with({function("f"), server_tool()}, ToolChoice{Kind::Named, "web_search", {}, false});
    Target target;
    target.settings.drop_server_tools = true;
    Notes lenient;
    fit_tools(request, target, lenient);
    CHECK_FALSE(lenient.rejection());
    CHECK(lenient.dropped() == std::vector<std::string>{"tools", "tool_choice"});
    CHECK(request.tools.size() == 1);
    CHECK(calling_config(request).is_null());
  }

  TEST_CASE("the choice between tools") {
    struct Row {
      const char* name;
      ToolChoice choice;
      const char* want;
      std::size_t tools;
    };
    const Row rows[] = {
        {"auto", {Kind::Auto, "", {}, false}, R"({"mode":"AUTO"})", 2},
        {"none", {Kind::None, "", {}, false}, R"({"mode":"NONE"})", 2},
        {"required", {Kind::Required, "", {}, false}, R"({"mode":"ANY"})", 2},
        {"named", {Kind::Named, "f", {}, false}, R"({"mode":"ANY","allowedFunctionNames":["f"]})", 2},
        {"some", {Kind::Allowed, "", {"g"}, false}, R"({"mode":"AUTO"})", 1},
        {"one of some", {Kind::Allowed, "", {"g"}, true}, R"({"mode":"ANY","allowedFunctionNames":["g"]})", 2},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Request request = request_with({function("f"), function("g")}, row.choice);
      Notes notes;
      fit_tools(request, {}, notes);
      CHECK(calling_config(request).dump() == row.want);
      CHECK(request.tools.size() == row.tools);
      CHECK_FALSE(notes.rejection());
    }
  }

  TEST_CASE("a choice without tools is not sent, and one of an unknown tool is rejected") {
    Request request = request_with({}, ToolChoice{Kind::Required, "", {}, false});
    Notes notes;
    fit_tools(request, {}, notes);
    CHECK(calling_config(request).is_null());
    CHECK_FALSE(notes.rejection());

    request = request_with({function("f")}, ToolChoice{Kind::Named, "x", {}, false});
    fit_tools(request, {}, notes);
    REQUIRE(notes.rejection());
    CHECK(notes.rejection()->param == "tool_choice");
  }

  TEST_CASE("calls can't be kept from being parallel, or held to their schema") {
    Request request = request_with({function("f")});
    request.parallel_tool_calls = false;
    request.tools[0].strict = true;
    for (const Dialect client : {Dialect::Chat, Dialect::Responses}) {
      request.client = client;
      Notes notes;
      fit_tools(request, {}, notes);
      CHECK(notes.dropped() == std::vector<std::string>{"parallel_tool_calls", "strict"});
    }
  }
}

}  // namespace aigw::protocol::gemini
