#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

using namespace canonical;

struct Encoded {
  Json body;
  ReplyRules rules;
  Notes notes;
};

Encoded encoded(Request request, const Target& target = {}) {
  Encoded result;
  result.body = encode_request(std::move(request), target, result.rules, result.notes);
  return result;
}

Part part(std::variant<Text, Refusal, Media, Thinking, ToolCall, ToolResult, ServerToolBlock> content) {
  return {std::move(content), std::nullopt};
}

Request asking(std::vector<Message> messages, Dialect client = Dialect::Chat) {
  Request request;
  request.client = client;
  request.messages = std::move(messages);
  return request;
}

Request plain(Dialect client = Dialect::Chat) { return asking({{Role::User, {part(Text{"Hi"})}}}, client); }

std::string dropped(const Encoded& result) {
  std::string names;
  for (const std::string& name : result.notes.dropped()) names += (names.empty() ? "" : ",") + name;
  return names;
}

std::string rejected(const Encoded& result) {
  return result.notes.rejection() ? result.notes.rejection()->param : std::string();
}

Media media(Media::Kind kind, Media::Source source, const char* type, const char* data, const char* name = "") {
  Media made;
  made.kind = kind;
  made.source = source;
  made.media_type = type;
  made.data = data;
  made.name = name;
  return made;
}

Target reasoning_target() {
  Target target;
  target.can.reasoning_model = true;
  return target;
}

std::string item(const std::string& role, const std::string& content) {
  return R"({"type":"message","role":")" + role + R"(","content":[)" + content + "]}";
}

}  // namespace

TEST_SUITE("protocol/responses/request_encoder") {
  TEST_CASE("messages become items in order") {
    struct Row {
      std::string name;
      std::vector<Message> messages;
      std::string want;
    };
    const std::string call = R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})";
    const auto result = [](std::vector<Part> content, bool is_error = false) {
      return part(ToolResult{"c", "", std::move(content), is_error});
    };
    const std::vector<Row> rows = {
        {"system", {{Role::System, {part(Text{"S"})}}}, item("developer", R"({"type":"input_text","text":"S"})")},
        {"user",
         {{Role::User, {part(Text{"a"}), part(media(Media::Kind::Image, Media::Source::Base64, "image/png", "AA=="))}}},
         item("user", R"({"type":"input_text","text":"a"},)"
                      R"({"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"auto"})")},
        {"image by URL",
         {{Role::User, {part(media(Media::Kind::Image, Media::Source::Url, "", "https://x/i"))}}},
         item("user", R"({"type":"input_image","image_url":"https://x/i","detail":"auto"})")},
        {"documents",
         {{Role::User,
           {part(media(Media::Kind::Document, Media::Source::Base64, "application/pdf", "AA==", "Report")),
            part(media(Media::Kind::Document, Media::Source::Url, "", "https://x/a.pdf")),
            part(media(Media::Kind::TextDocument, Media::Source::Text, "text/plain", "Body", "Title"))}}},
         item("user",
              R"({"type":"input_file","filename":"Report.pdf","file_data":"data:application/pdf;base64,AA=="},)"
              R"({"type":"input_file","file_url":"https://x/a.pdf"},{"type":"input_text","text":"Title\nBody"})")},
        {"assistant",
         {{Role::Assistant, {part(Text{"a"}), part(Refusal{"no"}), part(ToolCall{"c", "f", " ", false, ""})}}},
         item("assistant", R"({"type":"output_text","text":"a"},{"type":"refusal","refusal":"no"})") + "," + call},
        {"calls alone", {{Role::Assistant, {part(Text{""}), part(ToolCall{"c", "f", "{}", false, ""})}}}, call},
        {"reasoning of OpenAI comes back in its place, and no other",
         {{Role::Assistant,
           {part(Thinking{"t", Vendor::OpenAi, "E", false}), part(Thinking{"t", Vendor::Anthropic, "S", false}),
            part(Thinking{"t", Vendor::OpenAi, "", false}), part(ToolCall{"c", "f", "{}", false, ""})}}},
         R"({"type":"reasoning","summary":[],"encrypted_content":"E"},)" + call},
        {"results",
         {{Role::Tool, {result({part(Text{"a"}), part(Text{"b"})}), result({}), result({part(Text{"bad"})}, true),
                        result({part(Text{"ERROR: x"})}, true)}}},
         R"({"type":"function_call_output","call_id":"c","output":"a\nb"},)"
         R"({"type":"function_call_output","call_id":"c","output":""},)"
         R"({"type":"function_call_output","call_id":"c","output":"Error: bad"},)"
         R"({"type":"function_call_output","call_id":"c","output":"ERROR: x"})"},
        {"a result with an image",
         {{Role::Tool,
           {result({part(Text{"a"}), part(media(Media::Kind::Image, Media::Source::Url, "", "https://x/i"))})}}},
         R"({"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a"},)"
         R"({"type":"input_image","image_url":"https://x/i","detail":"auto"}]})"},
        {"a custom call and its result",
         {{Role::Assistant, {part(ToolCall{"c", "f", "hi", true, ""})}}, {Role::Tool, {result({part(Text{"a"})})}}},
         R"({"type":"custom_tool_call","call_id":"c","name":"f","input":"hi"},)"
         R"({"type":"custom_tool_call_output","call_id":"c","output":"a"})"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const Encoded got = encoded(asking(row.messages));
      CHECK(got.body["input"].dump() == "[" + row.want + "]");
      CHECK(rejected(got) == "");
    }
  }

  TEST_CASE("members get their names in Responses") {
    Target target;
    target.model = "m";
    Request request = plain();
    request.stream = true;
    request.max_tokens = 9;
    request.temperature = Json(0.5);
    request.top_p = Json(0.1);
    request.metadata = Json{{"a", "b"}};
    request.user = "u";
    request.safety_identifier = "s";
    request.service_tier = "flex";
    request.stop = {"X"};
    request.format = OutputFormat{OutputFormat::Kind::JsonSchema, "n", "d", Json{{"type", "object"}}, true};
    request.extras = {{"verbosity", "verbosity", Json("low")},  {"logprobs", "logprobs", Json(true)},
                      {"top_logprobs", "top_logprobs", Json(2)}, {"prompt_cache_key", "prompt_cache_key", Json("k")},
                      {"seed", "seed", Json(1)},                 {"logit_bias", "logit_bias", Json::object()}};
    const Encoded got = encoded(std::move(request), target);
    CHECK(got.body.dump() ==
          R"({"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}],)"
          R"("text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"},)"
          R"("strict":true},)"
          R"("verbosity":"low"},"max_output_tokens":16,"temperature":0.5,"top_p":0.1,"metadata":{"a":"b"},"user":"u",)"
          R"("safety_identifier":"s","service_tier":"flex","store":false,"include":["message.output_text.logprobs"],)"
          R"("top_logprobs":2,"prompt_cache_key":"k","stream":true})");
    CHECK(dropped(got) == "seed,logit_bias");
    CHECK(got.rules.stop == std::vector<std::string>{"X"});
  }

  TEST_CASE("a reasoning model gets the effort, and gives its reasoning back encrypted") {
    Request chat = plain();
    chat.reasoning.effort = "xhigh";
    chat.extras = {{"store", "store", Json(true)}};
    Encoded got = encoded(chat, reasoning_target());
    CHECK(got.body["reasoning"].dump() == R"({"effort":"high"})");
    CHECK(got.body["store"] == false);
    CHECK(got.body["include"].dump() == R"(["reasoning.encrypted_content"])");
    CHECK(dropped(got) == "store");

    got = encoded(chat);
    CHECK_FALSE(got.body.contains("reasoning"));
    CHECK_FALSE(got.body.contains("include"));
    CHECK(got.body["store"] == true);
    CHECK(dropped(got) == "reasoning_effort");

    Request messages = plain(Dialect::Messages);
    messages.reasoning.budget = 9000;
    CHECK(encoded(messages, reasoning_target()).body["reasoning"].dump() == R"({"effort":"medium","summary":"auto"})");
    CHECK(dropped(encoded(messages)) == "thinking");
  }

  TEST_CASE("who asks has one name for a Messages client, and a short one") {
    Request request = plain(Dialect::Messages);
    request.safety_identifier = std::string(65, 'x');
    CHECK(encoded(request).body["user"].get<std::string>().size() == 64);
    Target openai;
    openai.can.is_openai = true;
    request.safety_identifier = "u";
    CHECK(encoded(request, openai).body["safety_identifier"] == "u");
    CHECK_FALSE(encoded(request, openai).body.contains("user"));
  }

  TEST_CASE("tools are flat and say whether they are strict") {
    Request request = plain(Dialect::Messages);
    Tool function;
    function.name = "f";
    function.description = "d";
    function.parameters = *parse_object(R"({"properties":{"o":{"type":"object"}},"required":null})");
    Tool bare;
    bare.name = "g";
    bare.strict = true;
    Tool custom;
    custom.kind = Tool::Kind::Custom;
    custom.name = "c";
    custom.format = *parse_object(R"({"type":"grammar","grammar":{"syntax":"lark","definition":"x"}})");
    request.tools = {function, bare, custom};
    request.parallel_tool_calls = false;
    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {"f", "c"}, true};
    const Encoded got = encoded(request);
    CHECK(got.body["tools"].dump() ==
          R"([{"type":"function","name":"f","description":"d","parameters":{"type":"object",)"
          R"("properties":{"o":{"type":"object","properties":{}}}},"strict":false},)"
          R"({"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":true},)"
          R"({"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"x"}}])");
    CHECK(got.body["tool_choice"].dump() ==
          R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"custom",)"
          R"("name":"c"}]})");
    CHECK(got.body["parallel_tool_calls"] == false);

    request.tool_choice = ToolChoice{ToolChoice::Kind::Named, "f", {}, false};
    CHECK(encoded(request).body["tool_choice"].dump() == R"({"type":"function","name":"f"})");
    request.tool_choice = ToolChoice{ToolChoice::Kind::Required, "", {}, false};
    CHECK(encoded(request).body["tool_choice"] == "required");
    request.tool_choice = ToolChoice{ToolChoice::Kind::Named, "x", {}, false};
    CHECK(rejected(encoded(request)) == "tool_choice");
    request.tools.clear();
    request.tool_choice = ToolChoice{ToolChoice::Kind::Auto, "", {}, false};
    CHECK_FALSE(encoded(request).body.contains("tool_choice"));
    CHECK_FALSE(encoded(request).body.contains("parallel_tool_calls"));
  }

  TEST_CASE("tools of another vendor are refused, or left out with the choice of them") {
    Request request = plain();
    Tool server;
    server.kind = Tool::Kind::Server;
    server.name = "bash";
    server.raw = *parse_object(R"({"type":"bash_20250124","name":"bash"})");
    request.tools = {server};
    request.tool_choice = ToolChoice{ToolChoice::Kind::Named, "bash", {}, false};
    CHECK(rejected(encoded(request)) == "tools[0].type");
    Target lenient;
    lenient.settings.drop_server_tools = true;
    const Encoded got = encoded(request, lenient);
    CHECK(rejected(got) == "");
    CHECK(dropped(got) == "tools,tool_choice");
    CHECK_FALSE(got.body.contains("tools"));
    CHECK_FALSE(got.body.contains("tool_choice"));
    request.tools.push_back({});
    request.tools.back().name = "f";
    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {"bash"}, false};
    const Encoded without_choice = encoded(request, lenient);
    CHECK(dropped(without_choice) == "tools,tool_choice");
    CHECK(without_choice.body["tools"].size() == 1);
    CHECK_FALSE(without_choice.body.contains("tool_choice"));
    request.tool_choice->names = {"bash", "f"};
    const Encoded cut = encoded(request, lenient);
    CHECK(cut.body["tool_choice"]["tools"].dump() == R"([{"type":"function","name":"f"}])");
    CHECK(dropped(cut) == "tools");
  }

  TEST_CASE("a choice among very many tools is looked up, not searched for") {
    constexpr std::size_t kTools = 50000;
    Request request = plain();
    request.tool_choice = ToolChoice{ToolChoice::Kind::Allowed, "", {}, false};
    for (std::size_t i = 0; i < kTools; ++i) {
      request.tools.emplace_back().name = "f" + std::to_string(i);
      request.tool_choice->names.push_back(request.tools.back().name);
    }
    CHECK(encoded(request).body["tool_choice"]["tools"].size() == kTools);
  }

  TEST_CASE("what a response can't give is refused") {
    struct Row {
      std::string param;
      std::function<void(Request&, Target&)> change;
    };
    const std::vector<Row> rows = {
        {"n", [](Request& request, Target&) { request.n = 2; }},
        {"modalities",
         [](Request& request, Target&) { request.extras = {{"modalities", "modalities", Json::array({"audio"})}}; }},
        {"messages",
         [](Request& request, Target& target) {
           target.can.vision = false;
           request.messages[0].parts = {part(media(Media::Kind::Image, Media::Source::Url, "", "https://x/i"))};
         }},
        {"messages",
         [](Request& request, Target&) {
           request.messages[0].parts = {part(media(Media::Kind::Audio, Media::Source::Base64, "audio/wav", "AA=="))};
         }},
        {"messages",
         [](Request& request, Target&) {
           request.messages[0].parts = {part(media(Media::Kind::Image, Media::Source::FileId, "", "file"))};
         }},
        {"messages",
         [](Request& request, Target& target) {
           target.can.prefill = false;
           request.messages.push_back({Role::Assistant, {part(Text{"a"})}});
         }},
    };
    for (const Row& row : rows) {
      CAPTURE(row.param);
      Request request = plain();
      Target target;
      row.change(request, target);
      CHECK(rejected(encoded(request, target)) == row.param);
    }
  }

  TEST_CASE("sampling follows the model's capabilities") {
    Request request = plain();
    request.temperature = Json(1);
    request.top_p = Json(0.5);
    request.top_k = Json(3);
    Target target;
    CHECK(dropped(encoded(request, target)) == "top_k");
    target.can.temp_xor_top_p = true;
    CHECK(dropped(encoded(request, target)) == "top_k,temperature");
    target.can.rejects_sampling = true;
    CHECK(dropped(encoded(request, target)) == "top_k,temperature,top_p");
  }

  TEST_CASE("a request to count tokens has only what has tokens") {
    Request request = plain(Dialect::TokenCount);
    request.temperature = Json(1);
    CHECK(encoded(request).body.dump() ==
          R"({"model":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}]})");
  }

  TEST_CASE("a request that was read is written again with the same meaning") {
    const std::string body =
        R"({"model":"","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Be."}]},)"
        R"({"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]},)"
        R"({"type":"reasoning","summary":[],"encrypted_content":"E"},)"
        R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},)"
        R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"},)"
        R"({"type":"function_call_output","call_id":"c","output":"1"}],)"
        R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true}],)"
        R"("tool_choice":"auto","text":{"format":{"type":"json_object"}},"max_output_tokens":99,"store":false,)"
        R"("stream":true})";
    Notes notes;
    CHECK(encoded(decode_request(*parse_object(body), notes)).body.dump() == body);
  }
}

}  // namespace aigw::protocol::responses
