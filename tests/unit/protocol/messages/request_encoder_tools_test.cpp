// Tools, the choice among them, and the form of the answer.
#include "protocol/messages/request_fixture.h"

namespace aigw::protocol::messages {
namespace {

using canonical::OutputFormat;
using canonical::Request;
using canonical::Tool;
using canonical::ToolChoice;
using config::Capabilities;
using config::ThinkingForm;

using Names = std::vector<std::string>;

Request offering(std::vector<Tool> tools) {
  Request request = greeting();
  request.tools = std::move(tools);
  return request;
}

Tool custom_tool(const char* format) {
  Tool tool = function_tool("sql");
  tool.kind = Tool::Kind::Custom;
  tool.description = "Runs.";
  if (*format != '\0') tool.format = json(format);
  return tool;
}

Tool server_tool(const char* raw) {
  Tool tool;
  tool.kind = Tool::Kind::Server;
  tool.raw = json(raw);
  return tool;
}

Capabilities with_schemas() {
  Capabilities can;
  can.structured_outputs = true;
  return can;
}

Request in_form(OutputFormat::Kind kind, const char* schema = "{}", std::string description = "") {
  Request request = greeting();
  request.format = OutputFormat{kind, "name", std::move(description), json(schema), true};
  return request;
}

const char* const kAsk =
    R"("Give your final answer by calling the tool json_response: the input of that call is the answer. )"
    R"(Write no text around it.")";

}  // namespace

TEST_SUITE("protocol/messages/request_encoder") {

TEST_CASE("function tools have an input schema, and no type") {
  Tool full = function_tool("f", R"({"properties":{"b":{},"a":{}}})");
  full.description = "Does.";
  full.strict = false;
  full.cache = canonical::CacheMark{"5m"};
  const Encoded encoded = encode(offering({full, function_tool("g")}));
  CHECK(encoded.at("tools") ==
        R"([{"name":"f","description":"Does.","input_schema":{"type":"object","properties":{"b":{},"a":{}}},)"
        R"("cache_control":{"type":"ephemeral","ttl":"5m"}},)"
        R"({"name":"g","input_schema":{"type":"object","properties":{}}}])");
  CHECK(encoded.at("tool_choice") == "");
  CHECK(encoded.dropped().empty());
}

TEST_CASE("strict holds where the model has output by schema, with a schema it can hold to") {
  Tool tool = function_tool("f", R"({"type":"object","properties":{"a":{"type":"integer","minimum":1}}})");
  tool.strict = true;
  CHECK(encode(offering({tool}), with_schemas()).at("tools") ==
        R"([{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"integer",)"
        R"("description":"{minimum: 1}"}},"additionalProperties":false},"strict":true}])");
  const Encoded without = encode(offering({tool}));
  CHECK(without.at("tools") ==
        R"([{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}}])");
  CHECK(without.dropped() == Names{"strict"});
}

TEST_CASE("a custom tool is a function with one text, and is known by the client's name on the way back") {
  struct Row {
    const char* format;
    const char* description;
  };
  for (const Row& row : {
           Row{"", "Runs."},
           Row{R"({"type":"text"})", "Runs."},
           Row{R"({"type":"grammar","grammar":{"syntax":"lark","definition":"start: A"}})",
               "Runs.\n\nThe input must match this lark grammar:\nstart: A"},
           Row{R"({"type":"grammar","syntax":"regex","definition":"a+"})",
               "Runs.\n\nThe input must match this regex grammar:\na+"},
           Row{"7", "Runs."},
       }) {
    CAPTURE(row.format);
    const Encoded encoded = encode(offering({custom_tool(row.format)}));
    Json want = json(R"([{"name":"sql","description":"","input_schema":{"type":"object",)"
                     R"("properties":{"input":{"type":"string"}},"required":["input"]}}])");
    want[0]["description"] = row.description;
    CHECK(encoded.at("tools") == dump(want));
    CHECK(encoded.rules.custom_tools == std::set<std::string>{"sql"});
  }
  Target target;
  canonical::ReplyRules rules;
  rules.tool_names = {{"sql", "s q l"}};
  canonical::Notes notes;
  encode_request(offering({custom_tool("")}), target, rules, notes);
  CHECK(rules.custom_tools == std::set<std::string>{"s q l"});
}

TEST_CASE("tools that run elsewhere are passed, refused or dropped") {
  struct Row {
    const char* raw;
    Dialect client;
    bool passes;
  };
  for (const Row& row : {
           Row{R"({"type":"web_search_20250305","name":"web_search","max_uses":3})", Dialect::Chat, true},
           Row{R"({"type":"code_execution_20250522","name":"x"})", Dialect::Chat, true},
           Row{R"({"type":"bash_20250124","name":"bash"})", Dialect::Chat, true},
           Row{R"({"type":"text_editor_20250728","name":"x"})", Dialect::Chat, true},
           Row{R"({"type":"computer_20250124","name":"x"})", Dialect::Chat, true},
           Row{R"({"type":"memory_20250818","name":"memory"})", Dialect::Chat, true},
           Row{R"({"type":"web_search_preview"})", Dialect::Responses, false},
           Row{R"({"type":"file_search"})", Dialect::Chat, false},
           Row{R"({"type":7})", Dialect::Chat, false},
       }) {
    CAPTURE(row.raw);
    Request request = offering({function_tool("f"), server_tool(row.raw)});
    request.client = row.client;
    const Encoded encoded = encode(request);
    CHECK(encoded.rejected() == (row.passes ? "" : "tools[1].type"));
    if (row.passes) CHECK(dump(encoded.body["tools"][1]) == row.raw);
    const Encoded lenient = encode(request, {}, true);
    CHECK(lenient.rejected() == "");
    CHECK(lenient.dropped() == (row.passes ? Names{} : Names{"tools"}));
    CHECK(lenient.body["tools"].size() == (row.passes ? 2 : 1));
  }
}

TEST_CASE("a choice has another form, and parallel calls are forbidden in it") {
  struct Row {
    const char* name;
    std::optional<ToolChoice> choice;
    std::optional<bool> parallel;
    const char* want;
  };
  using Kind = ToolChoice::Kind;
  for (const Row& row : {
           Row{"absent", {}, {}, ""},
           Row{"absent, parallel", {}, true, ""},
           Row{"absent, serial", {}, false, R"({"type":"auto","disable_parallel_tool_use":true})"},
           Row{"auto", choose(Kind::Auto), {}, R"({"type":"auto"})"},
           Row{"auto, serial", choose(Kind::Auto), false, R"({"type":"auto","disable_parallel_tool_use":true})"},
           Row{"none", choose(Kind::None), true, R"({"type":"none"})"},
           Row{"none, serial", choose(Kind::None), false, R"({"type":"none"})"},
           Row{"required", choose(Kind::Required), true, R"({"type":"any"})"},
           Row{"required, serial", choose(Kind::Required), false, R"({"type":"any","disable_parallel_tool_use":true})"},
           Row{"named", choose(Kind::Named, "f"), {}, R"({"type":"tool","name":"f"})"},
           Row{"named, serial", choose(Kind::Named, "f"), false,
               R"({"type":"tool","name":"f","disable_parallel_tool_use":true})"},
       }) {
    CAPTURE(row.name);
    Request request = offering({function_tool("f")});
    request.tool_choice = row.choice;
    request.parallel_tool_calls = row.parallel;
    CHECK(encode(request).at("tool_choice") == row.want);
    request.tools.clear();
    if (row.choice && row.choice->kind == Kind::Named) continue;
    CHECK(dump(encode(request).body) == dump(encode(greeting()).body));
  }
}

TEST_CASE("allowed tools cut the list down") {
  for (const bool required : {false, true}) {
    Request request = offering({function_tool("f"), function_tool("g"), function_tool("h")});
    request.tool_choice = choose(ToolChoice::Kind::Allowed);
    request.tool_choice->names = {"h", "f"};
    request.tool_choice->required = required;
    const Encoded encoded = encode(request);
    CHECK(encoded.body["tools"].size() == 2);
    CHECK(encoded.body["tools"][1]["name"] == "h");
    CHECK(encoded.at("tool_choice") == (required ? R"({"type":"any"})" : R"({"type":"auto"})"));
    request.tool_choice->names = {"x"};
    CHECK(encode(request).rejected() == "tool_choice");
  }
}

TEST_CASE("a choice among very many tools is looked up, not searched for") {
  constexpr std::size_t kTools = 50000;
  Request request = offering({});
  request.tool_choice = choose(ToolChoice::Kind::Allowed);
  for (std::size_t i = 0; i < kTools; ++i) {
    request.tools.push_back(function_tool("f" + std::to_string(i)));
    request.tool_choice->names.push_back(request.tools.back().name);
  }
  CHECK(encode(request).body["tools"].size() == kTools);
}

TEST_CASE("the choice of a tool that is not there is refused; of a dropped one, dropped") {
  Request request = offering({function_tool("f")});
  request.tool_choice = choose(ToolChoice::Kind::Named, "g");
  CHECK(encode(request).rejected() == "tool_choice");
  request.legacy_functions = true;
  CHECK(encode(request).rejected() == "function_call");
  request = offering({function_tool("f"), server_tool(R"({"type":"file_search"})")});
  request.tool_choice = choose(ToolChoice::Kind::Named, "file_search");
  const Encoded encoded = encode(request, {}, true);
  CHECK(encoded.rejected() == "");
  CHECK(encoded.dropped() == Names{"tools", "tool_choice"});
  CHECK(encoded.at("tool_choice") == "");
  request.tool_choice = choose(ToolChoice::Kind::Allowed);
  request.tool_choice->names = {"file_search"};
  const Encoded allowed = encode(request, {}, true);
  CHECK(allowed.rejected() == "");
  CHECK(allowed.dropped() == Names{"tools", "tool_choice"});
  CHECK(allowed.at("tool_choice") == "");
  request.tool_choice->names.push_back("f");
  const Encoded cut = encode(request, {}, true);
  CHECK(cut.dropped() == Names{"tools"});
  CHECK(cut.at("tool_choice") == R"({"type":"auto"})");
}

TEST_CASE("calls in the history without tools get open definitions that may not be called") {
  Request request = greeting();
  request.messages.push_back(assistant({call("1", "f", ""), call("2", "g", ""), call("3", "f", "")}));
  request.messages.push_back(tool({result("1", {}), result("2", {}), result("3", {})}));
  request.parallel_tool_calls = false;
  const Encoded encoded = encode(request);
  CHECK(encoded.at("tools") == R"([{"name":"f","input_schema":{"type":"object","properties":{}}},)"
                               R"({"name":"g","input_schema":{"type":"object","properties":{}}}])");
  CHECK(encoded.at("tool_choice") == R"({"type":"none"})");
}

TEST_CASE("a forced tool switches thinking off") {
  Capabilities can;
  can.thinking = ThinkingForm::Adaptive;
  Request request = offering({function_tool("f")});
  request.reasoning.effort = "high";
  request.tool_choice = choose(ToolChoice::Kind::Required);
  const Encoded forced = encode(request, can);
  CHECK(forced.at("thinking") == "");
  CHECK(forced.at("output_config") == "");
  CHECK(forced.dropped() == Names{"reasoning_effort"});
  request.tools.clear();
  CHECK(encode(request, can).at("thinking") == R"({"type":"adaptive"})");
}

TEST_CASE("a JSON object is asked for in the last system block") {
  Request request = in_form(OutputFormat::Kind::JsonObject);
  const char* const ask =
      R"("Answer with exactly one JSON object and nothing around it: no text before or after it,)"
      R"( no Markdown code fence.")";
  const Encoded encoded = encode(request, with_schemas());
  CHECK(encoded.at("system") == ask);
  CHECK(encoded.rules.strip_fence);
  CHECK_FALSE(encoded.rules.json_tool);
  request.messages.insert(request.messages.begin(), system({text("A")}));
  CHECK(encode(request).at("system") ==
        R"([{"type":"text","text":"A"},{"type":"text","text":)" + std::string(ask) + "}]");
}

TEST_CASE("a schema goes to the model that has output by schema, cleaned and described") {
  const char* const schema = R"({"type":"object","properties":{"a":{"type":"integer","minimum":1}},"required":["a"]})";
  const Encoded encoded = encode(in_form(OutputFormat::Kind::JsonSchema, schema, "An answer."), with_schemas());
  CHECK(encoded.at("output_config") ==
        R"({"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"integer",)"
        R"("description":"{minimum: 1}"}},"required":["a"],"description":"An answer.",)"
        R"("additionalProperties":false}}})");
  CHECK(encoded.at("tools") == "");
  CHECK_FALSE(encoded.rules.json_tool);
  const Encoded own = encode(in_form(OutputFormat::Kind::JsonSchema, R"({"description":"Mine"})", "Yours"),
                             with_schemas());
  CHECK(own.body["output_config"]["format"]["schema"]["description"] == "Mine");
}

TEST_CASE("a schema becomes a forced tool where nothing stands against it") {
  const Encoded encoded = encode(in_form(OutputFormat::Kind::JsonSchema, R"({"type":"object","required":["a"]})",
                                         "An a."));
  CHECK(encoded.at("tools") ==
        R"([{"name":"json_response","description":"An a.","input_schema":{"type":"object","required":["a"]}}])");
  CHECK(encoded.at("tool_choice") == R"({"type":"tool","name":"json_response","disable_parallel_tool_use":true})");
  CHECK(encoded.at("system") == "");
  CHECK(encoded.rules.json_tool);
  CHECK_FALSE(encoded.rules.json_tool_wrapped);
}

TEST_CASE("a schema that is no object is wrapped") {
  const Encoded encoded = encode(in_form(OutputFormat::Kind::JsonSchema, R"({"type":"array"})"));
  CHECK(dump(encoded.body["tools"][0]["input_schema"]) ==
        R"({"type":"object","properties":{"value":{"type":"array"}},"required":["value"]})");
  CHECK(encoded.rules.json_tool_wrapped);
}

TEST_CASE("beside other tools or thinking the reserved tool is asked for") {
  struct Row {
    const char* name;
    bool tools;
    bool thinks;
    std::optional<ToolChoice> choice;
    std::optional<bool> parallel;
    const char* want;
  };
  using Kind = ToolChoice::Kind;
  Capabilities can;
  can.thinking = ThinkingForm::Adaptive;
  for (const Row& row : {
           Row{"tools", true, false, {}, {}, ""},
           Row{"tools, none of them", true, false, choose(Kind::None), {}, R"({"type":"auto"})"},
           Row{"tools, none of them, serial", true, false, choose(Kind::None), false,
               R"({"type":"auto","disable_parallel_tool_use":true})"},
           Row{"tools, one of them", true, false, choose(Kind::Required), {}, R"({"type":"any"})"},
           Row{"thinking", false, true, {}, {}, ""},
           Row{"thinking, no tools", false, true, choose(Kind::Required), {}, ""},
       }) {
    CAPTURE(row.name);
    Request request = in_form(OutputFormat::Kind::JsonSchema, R"({"type":"object"})");
    if (row.tools) request.tools = {function_tool("f")};
    if (row.thinks) request.reasoning.effort = "low";
    request.tool_choice = row.choice;
    request.parallel_tool_calls = row.parallel;
    const Encoded encoded = encode(request, can);
    CHECK(encoded.at("tool_choice") == row.want);
    CHECK(encoded.at("system") == kAsk);
    CHECK(encoded.body["tools"].back()["name"] == "json_response");
    CHECK(encoded.body.contains("thinking") == row.thinks);
  }
}

TEST_CASE("the reserved tool can be called where the history's tools may not") {
  Request request = in_form(OutputFormat::Kind::JsonSchema, R"({"type":"object"})");
  request.messages.push_back(assistant({call("1", "f", ""), call("2", "json_response", "")}));
  request.messages.push_back(tool({result("1", {}), result("2", {})}));
  const Encoded encoded = encode(request);
  CHECK(encoded.body["tools"].size() == 2);
  CHECK(encoded.at("tool_choice") == R"({"type":"tool","name":"json_response","disable_parallel_tool_use":true})");
  Capabilities can;
  can.thinking = ThinkingForm::Adaptive;
  request.reasoning.effort = "low";
  CHECK(encode(request, can).at("tool_choice") == R"({"type":"auto"})");
}

TEST_CASE("a client's tool by the reserved name is refused where the name is needed") {
  Request request = in_form(OutputFormat::Kind::JsonSchema, R"({"type":"object"})");
  request.tools = {function_tool("json_response")};
  CHECK(encode(request).rejected() == "tools");
  CHECK(encode(request, with_schemas()).rejected() == "");
}

TEST_CASE("a schema that is none asks for a JSON object") {
  for (const char* const schema : {"7", "[]", "null", "\"x\""}) {
    CAPTURE(schema);
    CHECK(encode(in_form(OutputFormat::Kind::JsonSchema, schema)).rules.strip_fence);
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol::messages
