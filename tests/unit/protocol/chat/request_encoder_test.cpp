#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "protocol/chat/chat.h"

namespace aigw::protocol::chat {
namespace {

using namespace canonical;

struct Encoded {
  std::string members;  // all but model and messages, without the braces
  std::string rejected;
  std::vector<std::string> dropped;
  ReplyRules rules;
};

Encoded encode(Request request, const config::Capabilities& can, const config::ConversionSettings& settings = {},
               ReplyRules rules = {}) {
  Notes notes;
  Encoded encoded;
  encoded.rules = std::move(rules);
  Json body = encode_request(std::move(request), {"up", can, settings}, encoded.rules, notes);
  CHECK(body.at("model") == "up");
  body.erase("model");
  body.erase("messages");
  encoded.members = dump(body);
  encoded.members = encoded.members.substr(1, encoded.members.size() - 2);
  if (notes.rejection()) encoded.rejected = notes.rejection()->param;
  encoded.dropped = notes.dropped();
  return encoded;
}

Request of_messages() {
  Request request;
  request.client = Dialect::Messages;
  return request;
}

Tool function(const std::string& name) {
  Tool tool;
  tool.name = name;
  return tool;
}

Tool custom(const std::string& name) {
  Tool tool = function(name);
  tool.kind = Tool::Kind::Custom;
  tool.format = Json::parse(R"({"type":"grammar","grammar":{"syntax":"lark","definition":"start: X"}})");
  return tool;
}

Tool server(const std::string& type) {
  Tool tool = function("web_search");
  tool.kind = Tool::Kind::Server;
  tool.raw = Json{{"type", type}, {"name", "web_search"}};
  return tool;
}

}  // namespace

TEST_SUITE("protocol/chat/request_encoder") {
  TEST_CASE("each field has its place") {
    Request request = of_messages();
    request.max_tokens = 5;
    request.temperature = Json(0.5);
    request.top_p = Json(0.9);
    request.stop = {"a"};
    request.n = 2;
    request.stream = true;
    request.format = OutputFormat{};
    request.service_tier = "default";
    request.metadata = Json{{"a", "b"}};
    request.extras = {{"seed", "seed", Json(1)}, {"store", "store", Json(true)}, {"odd", "strange", Json(1)}};
    const Encoded encoded = encode(std::move(request), {});
    CHECK(encoded.members ==
          R"("max_tokens":5,"temperature":0.5,"top_p":0.9,"stop":["a"],"n":2,"stream":true,)"
          R"("stream_options":{"include_usage":true},"response_format":{"type":"json_object"},)"
          R"("service_tier":"default",)"
          R"("metadata":{"a":"b"},"seed":1)");
    CHECK(encoded.dropped == std::vector<std::string>{"strange"});
  }

  TEST_CASE("a request without wishes has none") {
    CHECK(encode(of_messages(), {}).members == "");
    CHECK(encode(Request{}, {}).members == "");
  }

  TEST_CASE("capabilities decide what is sent") {
    struct Row {
      const char* name;
      std::function<void(Request&)> wish;
      std::function<void(config::Capabilities&)> can;
      const char* want;
      std::vector<std::string> dropped;
    };
    const std::string long_id(65, 'x');
    const std::string hashed = R"("safety_identifier":")" + sha256_hex(long_id) + "\"";
    for (const Row& row : {
             Row{"the limit's name", [](Request& r) { r.max_tokens = 5; },
                 [](auto& can) { can.max_tokens_field = "max_completion_tokens"; }, R"("max_completion_tokens":5)", {}},
             Row{"no usage in streams",
                 [](Request& r) { r.stream = true; }, [](auto& can) { can.usage_in_stream = false; },
                 R"("stream":true)", {}},
             Row{"no sampling",
                 [](Request& r) { r.temperature = Json(1), r.top_p = Json(1), r.top_k = Json(5); },
                 [](auto& can) { can.rejects_sampling = can.takes_top_k = true; }, "", {"temperature", "top_p",
                     "top_k"}},
             Row{"top_k", [](Request& r) { r.top_k = Json(5); }, [](auto&) {}, "", {"top_k"}},
             Row{"top_k where it is taken",
                 [](Request& r) { r.top_k = Json(5); }, [](auto& can) { can.takes_top_k = true; },
                 R"("top_k":5)", {}},
             Row{"one of two", [](Request& r) { r.temperature = Json(0.5), r.top_p = Json(0.9); },
                 [](auto& can) { can.temp_xor_top_p = true; }, R"("temperature":0.5)", {"top_p"}},
             Row{"the one with an effect", [](Request& r) { r.temperature = Json(1.0), r.top_p = Json(0.9); },
                 [](auto& can) { can.temp_xor_top_p = true; }, R"("top_p":0.9)", {"temperature"}},
             Row{"many stops", [](Request& r) { r.stop = {"1", "2", "3", "4", "5"}; }, [](auto&) {},
                 R"("stop":["1","2","3","4","5"])", {}},
             Row{"many stops for OpenAI", [](Request& r) { r.stop = {"1", "2", "3", "4", "5"}; },
                 [](auto& can) { can.is_openai = true; }, R"("stop":["1","2","3","4"])", {"stop_sequences"}},
             Row{"effort for no reasoner", [](Request& r) { r.reasoning.effort = "high", r.reasoning.adaptive = true; },
                 [](auto&) {}, "", {"thinking", "output_config.effort"}},
             Row{"effort",
                 [](Request& r) { r.reasoning.effort = "max"; }, [](auto& can) { can.reasoning_model = true; },
                 R"("reasoning_effort":"high")", {}},
             Row{"budget", [](Request& r) { r.reasoning.budget = 9000; }, [](auto& can) { can.reasoning_model = true; },
                 R"("reasoning_effort":"medium")", {}},
             Row{"adaptive alone", [](Request& r) { r.reasoning.adaptive = true; },
                 [](auto& can) { can.reasoning_model = true; }, "", {}},
             Row{"user id", [](Request& r) { r.safety_identifier = "u"; }, [](auto&) {}, R"("user":"u")", {}},
             Row{"user id for OpenAI", [](Request& r) { r.safety_identifier = "u"; },
                 [](auto& can) { can.is_openai = true; }, R"("safety_identifier":"u")", {}},
             Row{"long user id", [&](Request& r) { r.safety_identifier = long_id; },
                 [](auto& can) { can.is_openai = true; }, hashed.c_str(), {}},
         }) {
      CAPTURE(row.name);
      Request request = of_messages();
      row.wish(request);
      config::Capabilities can;
      row.can(can);
      const Encoded encoded = encode(std::move(request), can);
      CHECK(encoded.members == row.want);
      CHECK(encoded.dropped == row.dropped);
    }
  }

  TEST_CASE("stop sequences that OpenAI's reasoning models refuse are looked for here") {
    Request request = of_messages();
    request.stop = {"END"};
    config::Capabilities can;
    can.is_openai = can.reasoning_model = true;
    const Encoded encoded = encode(std::move(request), can);
    CHECK(encoded.members == "");
    CHECK(encoded.rules.stop == std::vector<std::string>{"END"});
  }

  TEST_CASE("output by schema") {
    Request request = of_messages();
    request.format = OutputFormat{OutputFormat::Kind::JsonSchema, "", "", Json::parse(R"({"type":"object",)"
        R"("properties":{}})"), {}};
    CHECK(encode(request, {}).members ==
          R"("response_format":{"type":"json_schema","json_schema":{"name":"response",)"
          R"("schema":{"type":"object","properties":{}},"strict":false}})");
    request.format->schema = Json::parse(R"({"type":"object","properties":{},"additionalProperties":false})");
    CHECK(encode(request, {}).members.find(R"("strict":true)") != std::string::npos);
    request.client = Dialect::Responses;
    CHECK(encode(request, {}).members.find("strict") == std::string::npos);
    request.format->strict = false;
    request.format->name = "n";
    request.format->description = "d";
    CHECK(encode(request, {}).members.find(R"({"name":"n","description":"d","schema":)") != std::string::npos);
    CHECK(encode(request, {}).members.find(R"("strict":false)") != std::string::npos);
  }

  TEST_CASE("tools, and strict only where it is honoured") {
    Request request = of_messages();
    request.tools = {function("f")};
    request.tools[0].description = "d";
    request.tools[0].strict = true;
    request.tools[0].cache = CacheMark{};
    request.tool_choice = ToolChoice{};
    request.parallel_tool_calls = false;
    CHECK(encode(request, {}).members ==
          R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object",)"
          R"("properties":{}}}}],"tool_choice":"auto","parallel_tool_calls":false)");
    config::Capabilities can;
    can.tool_strict = can.takes_cache_control = true;
    const char* const marked = R"("properties":{}},"strict":true},"cache_control":{"type":"ephemeral"}})";
    CHECK(encode(request, can).members.find(marked) !=
          std::string::npos);
    CHECK(encode(request, {}).dropped == std::vector<std::string>{"strict"});
    CHECK(encode(request, can).dropped.empty());
    request.tools.clear();
    CHECK(encode(request, {}).members == "");
  }

  TEST_CASE("a tool that says nothing is strict for a Responses client") {
    Request request = of_messages();
    request.tools = {function("f")};
    config::Capabilities can;
    can.tool_strict = true;
    CHECK(encode(request, can).members.find("strict") == std::string::npos);
    request.client = Dialect::Responses;
    CHECK(encode(request, can).members.find(R"("strict":true)") != std::string::npos);
  }

  TEST_CASE("each choice is written") {
    config::Capabilities openai;
    openai.is_openai = true;
    using Kind = ToolChoice::Kind;
    struct Row {
      ToolChoice choice;
      const char* want;
      const char* rejected;
    };
    for (const Row& row : {
             Row{{Kind::Auto, "", {}, false}, R"("auto")", ""},
             Row{{Kind::None, "", {}, false}, R"("none")", ""},
             Row{{Kind::Required, "", {}, false}, R"("required")", ""},
             Row{{Kind::Named, "f", {}, false}, R"({"type":"function","function":{"name":"f"}})", ""},
             Row{{Kind::Named, "g", {}, false}, R"({"type":"custom","custom":{"name":"g"}})", ""},
             Row{{Kind::Allowed, "", {"f"}, true},
                 R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function",)"
                 R"("function":{"name":"f"}}]}})",
                 ""},
             Row{{Kind::Named, "x", {}, false}, nullptr, "tool_choice"},
             Row{{Kind::Allowed, "", {"x"}, true}, nullptr, "tool_choice"},
         }) {
      CAPTURE(row.choice.name);
      Request request = of_messages();
      request.tools = {function("f"), custom("g")};
      request.tool_choice = row.choice;
      const Encoded encoded = encode(std::move(request), openai);
      CHECK(encoded.rejected == row.rejected);
      const std::size_t at = encoded.members.find("\"tool_choice\":");
      CHECK((at != std::string::npos) == (row.want != nullptr));
      if (row.want != nullptr) CHECK(encoded.members.substr(at + 14) == row.want);
    }
  }

  TEST_CASE("custom tools stay what they are, or become functions where they are not taken") {
    Request request = of_messages();
    request.tools = {custom("alias")};
    const Encoded native = encode(request, {});
    CHECK(native.members == R"("tools":[{"type":"custom","custom":{"name":"alias","format":{"type":"grammar",)"
                            R"("grammar":{"syntax":"lark","definition":"start: X"}}}}])");
    CHECK(native.rules.custom_tools.empty());
    ReplyRules rules;
    rules.tool_names["alias"] = "own name";
    config::Capabilities plain;
    plain.custom_tools = false;
    const Encoded wrapped = encode(request, plain, {}, rules);
    CHECK(wrapped.members == R"("tools":[{"type":"function","function":{"name":"alias","description":)"
                             R"("The input must match this grammar (lark):\nstart: X","parameters":{"type":"object",)"
                             R"("properties":{"input":{"type":"string"}},"required":["input"]}}}])");
    CHECK(wrapped.rules.custom_tools == std::set<std::string>{"own name"});
  }

  TEST_CASE("tools that run elsewhere are rejected, or dropped with what names them") {
    Request request = of_messages();
    request.tools = {function("f"), server("web_search_20250305")};
    request.tool_choice = ToolChoice{ToolChoice::Kind::Named, "web_search", {}, false};
    CHECK(encode(request, {}).rejected == "tools[1].type");
    config::ConversionSettings settings;
    settings.drop_server_tools = true;
    const Encoded encoded = encode(request, {}, settings);
    CHECK(encoded.rejected == "");
    CHECK(encoded.members.find("tool_choice") == std::string::npos);
    CHECK(encoded.dropped == std::vector<std::string>{"tools", "tool_choice"});
    request.tools.erase(request.tools.begin());
    const Encoded bare = encode(request, {}, settings);
    CHECK(bare.members == "");
    CHECK(bare.dropped == encoded.dropped);
    request.tools = {function("f"), server("web_search_20250305")};
    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {"web_search"}, true};
    const Encoded allowed = encode(request, {}, settings);
    CHECK(allowed.rejected == "");
    CHECK(allowed.members == encoded.members);
    CHECK(allowed.dropped == encoded.dropped);
  }

  TEST_CASE("a choice among very many tools is looked up, not searched for") {
    constexpr std::size_t kTools = 50000;
    Request request;
    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {}, false};
    for (std::size_t i = 0; i < kTools; ++i) {
      request.tools.push_back(function("f" + std::to_string(i)));
      request.tool_choice->names.push_back(request.tools.back().name);
    }
    const Json encoded = Json::parse("{" + encode(request, {}).members + "}");
    CHECK(encoded.at("tool_choice").at("allowed_tools").at("tools").size() == kTools);
  }
}

}  // namespace aigw::protocol::chat
