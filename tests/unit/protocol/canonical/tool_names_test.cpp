#include "protocol/canonical/tool_names.h"

#include <doctest/doctest.h>

#include <string>

#include "base/digest.h"

namespace aigw::protocol::canonical {
namespace {

std::string digits_of(const std::string& name, std::size_t count) { return sha256_hex(name).substr(0, count); }

Tool function_named(const std::string& name) {
  Tool tool;
  tool.name = name;
  return tool;
}

Part call_of(const std::string& name) {
  ToolCall call;
  call.name = name;
  return {std::move(call), std::nullopt};
}

// The name that a tool called `name` gets.
std::string fitted(const std::string& name, Dialect to) {
  Request request;
  request.tools.push_back(function_named(name));
  ReplyRules rules;
  fit_tool_names(request, to, rules);
  const std::string& alias = request.tools[0].name;
  CHECK(rules.tool_names.size() == (alias == name ? 0 : 1));
  if (alias != name) CHECK(rules.tool_names.at(alias) == name);
  return alias;
}

}  // namespace

TEST_SUITE("protocol/canonical/tool_names") {
  TEST_CASE("names that a provider's rule allows are left alone") {
    struct Row {
      std::string name;
      Dialect to;
    };
    for (const Row& row : {Row{"get_weather-2", Dialect::Chat}, Row{std::string(64, 'a'), Dialect::Responses},
                           Row{std::string(128, 'a'), Dialect::Messages}, Row{"1st", Dialect::Messages},
                           Row{"ns.tool:run-1", Dialect::Gemini}, Row{"_x", Dialect::Gemini},
                           Row{std::string(128, 'a'), Dialect::Gemini}, Row{"any thing", Dialect::Completions}}) {
      CAPTURE(row.name);
      CHECK(fitted(row.name, row.to) == row.name);
    }
  }

  TEST_CASE("names that break the rule become aliases with a digest of the name") {
    struct Row {
      std::string name;
      Dialect to;
      std::string want;  // before the digest
    };
    for (const Row& row :
         {Row{"mcp.server/run", Dialect::Chat, "mcp_server_run_"},
          Row{"wetter_für_heute", Dialect::Messages, "wetter_f_r_heute_"},
          Row{std::string(65, 'a'), Dialect::Chat, std::string(55, 'a') + "_"},
          Row{std::string(129, 'b'), Dialect::Messages, std::string(119, 'b') + "_"},
          Row{"1st", Dialect::Gemini, "_1st_"}, Row{"-x", Dialect::Gemini, "_-x_"}, Row{"ßx", Dialect::Gemini, "_x_"},
          Row{"2" + std::string(128, 'c'), Dialect::Gemini, "_2" + std::string(117, 'c') + "_"},
          Row{"", Dialect::Chat, "_"}}) {
      CAPTURE(row.name);
      const std::string alias = fitted(row.name, row.to);
      CHECK(alias == row.want + digits_of(row.name, 8));
      CHECK(fitted(alias, row.to) == alias);
    }
  }

  TEST_CASE("the alias stands in definitions, choice and history alike") {
    Request request;
    request.tools = {function_named("a.b"), function_named("ok")};
    ToolResult result;
    result.name = "a.b";
    request.messages = {{Role::Assistant, {call_of("a.b"), call_of("old/one")}},
                        {Role::Tool, {{result, std::nullopt}}}};
    request.tool_choice = ToolChoice{ToolChoice::Kind::Named, "a.b", {}, false};
    ReplyRules rules;
    fit_tool_names(request, Dialect::Chat, rules);
    const std::string alias = "a_b_" + digits_of("a.b", 8);
    CHECK(request.tools[0].name == alias);
    CHECK(request.tools[1].name == "ok");
    CHECK(request.tool_choice->name == alias);
    CHECK(as<ToolCall>(request.messages[0].parts[0])->name == alias);
    CHECK(as<ToolCall>(request.messages[0].parts[1])->name == "old_one_" + digits_of("old/one", 8));
    CHECK(as<ToolResult>(request.messages[1].parts[0])->name == alias);
    CHECK(rules.tool_names.size() == 2);

    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {"x y"}, true};
    fit_tool_names(request, Dialect::Chat, rules);
    CHECK(request.tool_choice->names[0] == "x_y_" + digits_of("x y", 8));
  }

  TEST_CASE("an alias that meets another name takes sixteen digits") {
    const std::string taken = "a_b_" + digits_of("a.b", 8);
    Request request;
    request.tools = {function_named("a.b"), function_named(taken)};
    ReplyRules rules;
    fit_tool_names(request, Dialect::Chat, rules);
    CHECK(request.tools[0].name == "a_b_" + digits_of("a.b", 16));
    CHECK(request.tools[1].name == taken);
    CHECK(rules.tool_names == std::map<std::string, std::string>{{"a_b_" + digits_of("a.b", 16), "a.b"}});
  }

  TEST_CASE("a server tool keeps its name") {
    Request request;
    request.tools.push_back(function_named("web search"));
    request.tools[0].kind = Tool::Kind::Server;
    ReplyRules rules;
    fit_tool_names(request, Dialect::Messages, rules);
    CHECK(request.tools[0].name == "web search");
  }
}

}  // namespace aigw::protocol::canonical
