#include "protocol/chat/message_encoder.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace aigw::protocol::chat {
namespace {

using namespace canonical;

Part text(std::string words) { return {Text{std::move(words)}, std::nullopt}; }
Part marked(std::string words) { return {Text{std::move(words)}, CacheMark{"1h"}}; }
Part call(std::string id, std::string arguments) {
  return {ToolCall{std::move(id), "f", std::move(arguments), false, ""}, std::nullopt};
}
Part image() { return {Media{Media::Kind::Image, Media::Source::Base64, "image/png", "QQ==", "", "",
    ""}, std::nullopt}; }
Part result(std::string id, std::vector<Part> content, bool is_error = false) {
  return {ToolResult{std::move(id), "", std::move(content), is_error}, std::nullopt};
}

Target openai() {
  Target target;
  target.can.is_openai = true;
  return target;
}

// The messages, or the field that is rejected.
std::string encode(const std::vector<Message>& messages, const Target& target = {}) {
  Request request;
  request.client = Dialect::Messages;
  request.messages = messages;
  Notes notes;
  const std::string encoded = dump(encode_messages(request, target, notes));
  return notes.rejection() ? "! " + notes.rejection()->param : encoded;
}

}  // namespace

TEST_SUITE("protocol/chat/message_encoder") {
  TEST_CASE("each message is written") {
    const JsonBox searched = Json::parse(
        R"({"type":"web_search_tool_result","content":[{"title":"A","url":"https://a"},{"url":"https://b"}]})");
    const JsonBox search = Json::parse(R"({"type":"server_tool_use","name":"web_search","input":{"query":"x"}})");
    struct Row {
      const char* name;
      std::vector<Message> messages;
      std::string want;
    };
    const std::string image_part = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}})";
    for (const Row& row : {
             Row{"system of one block", {{Role::System, {text("a")}}}, R"([{"role":"system","content":"a"}])"},
             Row{"system of several", {{Role::System, {text("a"), text(""), text("b")}}},
                 R"([{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])"},
             Row{"an empty system", {{Role::System, {text("")}}}, "[]"},
             Row{"user", {{Role::User, {text("a")}}, {Role::User, {text("b"), image()}}},
                 R"([{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},)"
                     + image_part + "]}]"},
             Row{"an assistant's text", {{Role::Assistant, {text("a"), text("b")}}},
                 R"([{"role":"assistant","content":"a\nb"}])"},
             Row{"text and calls",
                 {{Role::Assistant, {text("a"), call("1", R"({"b":1,"a":2})"), call("2", " ")}}},
                 R"([{"role":"assistant","content":"a","tool_calls":[{"id":"1","type":"function",)"
                 R"("function":{"name":"f",)"
                 R"("arguments":"{\"b\":1,\"a\":2}"}},{"id":"2","type":"function","function":{"name":"f",)"
                 R"("arguments":"{}"}}]}])"},
             Row{"calls alone", {{Role::Assistant, {call("1", "{}")}}},
                 R"([{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",)"
                 R"("function":{"name":"f",)"
                 R"("arguments":"{}"}}]}])"},
             Row{"a refusal", {{Role::Assistant, {{Refusal{"no"}, std::nullopt}}}},
                 R"([{"role":"assistant","content":null,"refusal":"no"}])"},
             Row{"thinking is left out",
                 {{Role::Assistant, {{Thinking{"t", Vendor::Anthropic, "s", false}, std::nullopt}, text("a")}}},
                 R"([{"role":"assistant","content":"a"}])"},
             Row{"a custom call",
                 {{Role::Assistant, {{ToolCall{"1", "f", "x\"y", true, ""}, std::nullopt}}}},
                 R"([{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"custom",)"
                 R"("custom":{"name":"f","input":"x\"y"}}]}])"},
             Row{"a developer's instructions", {{Role::System, {text("a")}, true}}, R"([{"role":"developer","content":"a"}])"},
             Row{"a server's blocks",
                 {{Role::Assistant,
                   {text("a"), {ServerToolBlock{search}, std::nullopt}, {ServerToolBlock{searched}, std::nullopt}}}},
                 R"([{"role":"assistant","content":"a\n[web search: A (https://a); https://b]"}])"},
             Row{"results",
                 {{Role::Tool, {result("1", {text("a"), text("b")}), result("2", {})}}},
                 R"([{"role":"tool","tool_call_id":"1","content":"a\nb"},{"role":"tool","tool_call_id":"2",)"
                 R"("content":""}])"},
             Row{"failed results",
                 {{Role::Tool, {result("1", {text("a")}, true), result("2", {text("ERROR 5")}, true)}}},
                 R"([{"role":"tool","tool_call_id":"1","content":"Error: a"},{"role":"tool","tool_call_id":"2",)"
                 R"("content":"ERROR 5"}])"},
             Row{"images of results stand at the start of the user message that follows",
                 {{Role::Tool, {result("1", {text("a"), image()}), result("2", {image()})}}, {Role::User, {text("b")}}},
                 R"([{"role":"tool","tool_call_id":"1","content":"a\n[image 1 follows]"},)"
                 R"({"role":"tool","tool_call_id":"2","content":"[image 2 follows]"},{"role":"user","content":[)"
                     + image_part +
                     "," + image_part + R"(,{"type":"text","text":"b"}]}])"},
             Row{"or in one of their own",
                 {{Role::Tool, {result("1", {image()})}}, {Role::Assistant, {text("b")}}},
                 R"([{"role":"tool","tool_call_id":"1","content":"[image 1 follows]"},{"role":"user","content":[)"
                     + image_part +
                     R"(]},{"role":"assistant","content":"b"}])"},
         }) {
      CAPTURE(row.name);
      CHECK(encode(row.messages) == row.want);
    }
  }

  TEST_CASE("media have their forms") {
    struct Row {
      Media media;
      const char* want;
    };
    using Kind = Media::Kind;
    using Source = Media::Source;
    for (const Row& row : {
             Row{{Kind::Image, Source::Url, "", "https://x/y", "", "", "high"},
                 R"({"type":"image_url","image_url":{"url":"https://x/y","detail":"high"}})"},
             Row{{Kind::Document, Source::Base64, "application/pdf", "QQ==", "Report", "", ""},
                 R"({"type":"file","file":{"filename":"Report.pdf","file_data":"data:application/pdf;base64,QQ=="}})"},
             Row{{Kind::Document, Source::Base64, "application/pdf", "QQ==", "", "", ""},
                 R"({"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,)"
                 R"(QQ=="}})"},
             Row{{Kind::Document, Source::Base64, "application/pdf", "QQ==", "a.PDF", "about", ""},
                 R"({"type":"text","text":"about"},{"type":"file","file":{"filename":"a.PDF",)"
                 R"("file_data":"data:application/pdf;base64,QQ=="}})"},
             Row{{Kind::Audio, Source::Base64, "audio/mpeg", "QQ==", "", "", ""},
                 R"({"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}})"},
         }) {
      CAPTURE(row.want);
      CHECK(encode({{Role::User, {{row.media, std::nullopt}}}}) ==
            std::string(R"([{"role":"user","content":[)") + row.want + "]}]");
    }
    CHECK(encode({{Role::User, {{Media{Kind::Document, Source::Url, "", "https://x", "", "",
        ""}, std::nullopt}}}}) == "! messages");
    CHECK(encode({{Role::User, {{Media{Kind::Image, Source::FileId, "", "id", "", "", ""}, std::nullopt}}}}) ==
        "! messages");
    Target blind;
    blind.can.vision = false;
    CHECK(encode({{Role::User, {image()}}}, blind) == "! messages");
    CHECK(encode({{Role::Tool, {result("1", {image()})}}}, blind) == "! messages");
  }

  TEST_CASE("capabilities change the form") {
    Target target;
    target.can.system_parts = false;
    target.can.system_role = "developer";
    CHECK(encode({{Role::System, {text("a"), text("b")}}}, target) == R"([{"role":"developer","content":"a\n\nb"}])");
    target.can.reasoning_replay = true;
    CHECK(encode({{Role::Assistant, {{Thinking{"t", Vendor::None, "", false}, std::nullopt}, text("a")}}}, target) ==
          R"([{"role":"assistant","content":"a","reasoning_content":"t"}])");
    target.can.custom_tools = false;
    CHECK(encode({{Role::Assistant, {{ToolCall{"1", "f", "x\"y", true, ""}, std::nullopt}}}}, target) ==
          R"([{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f",)"
          R"("arguments":"{\"input\":\"x\\\"y\"}"}}]}])");
  }

  TEST_CASE("cache marks are written as the provider takes them") {
    const std::vector<Message> messages = {{Role::System, {marked("a")}},
                                           {Role::User, {marked("b"), text("c")}},
                                           {Role::Assistant, {marked("d")}},
                                           {Role::Tool, {{ToolResult{"1", "", {text("e")}, false}, CacheMark{""}}}}};
    CHECK(encode(messages, openai()) ==
          R"([{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"text",)"
          R"("text":"c"}]},)"
          R"({"role":"assistant","content":"d"},{"role":"tool","tool_call_id":"1","content":"e"}])");
    const auto with = [](const std::string& mark, const std::string& plain_mark) {
      return R"([{"role":"system","content":[{"type":"text","text":"a",)" + mark + R"(}]},{"role":"user","content":[)" +
             R"({"type":"text","text":"b",)" + mark + R"(},{"type":"text","text":"c"}]},{"role":"assistant",)"
                                                      R"("content":[)" +
             R"({"type":"text","text":"d",)" + mark + R"(}]},{"role":"tool","tool_call_id":"1","content":[)" +
             R"({"type":"text","text":"e",)" + plain_mark + "}]}]";
    };
    Target router;
    router.can.takes_cache_control = true;
    CHECK(encode(messages, router) == with(R"("cache_control":{"type":"ephemeral","ttl":"1h"})",
                                           R"("cache_control":{"type":"ephemeral"})"));
    Target breakpoints = openai();
    breakpoints.can.cache_breakpoints = true;
    const std::string mark = R"("prompt_cache_breakpoint":{"mode":"explicit"})";
    CHECK(encode(messages, breakpoints) == with(mark, mark));
  }
}

}  // namespace aigw::protocol::chat
