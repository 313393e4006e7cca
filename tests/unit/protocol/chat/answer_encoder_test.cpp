#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/chat/chat.h"

namespace aigw::protocol::chat {
namespace {

using namespace canonical;

Json encode(const ReplyRules& rules, const std::vector<Event>& events) {
  const std::unique_ptr<AnswerEncoder> encoder = answer_encoder(rules);
  encoder->take({Begin{"msg_1", "m", 7, "", ""}});
  for (const Event& event : events) encoder->take(event);
  encoder->take({End{}});
  return encoder->finish();
}

std::string message(const std::vector<Event>& events) {
  return dump(encode({}, events).at("choices").at(0).at("message"));
}

}  // namespace

TEST_SUITE("protocol/chat/answer_encoder") {
  TEST_CASE("the whole of an answer") {
    const Json logprobs = Json::parse(R"({"content":[{"token":"a"}],"refusal":null})");
    CHECK(dump(encode({}, {{ReasoningDelta{"r"}},
                           {ReasoningEnd{Vendor::Anthropic, "s", false}},
                           {TextDelta{"a", &logprobs}},
                           {TextDelta{"b", &logprobs}},
                           {CallBegin{0, "1", "f", false, ""}},
                           {CallDelta{0, "{\"a\":"}},
                           {CallBegin{1, "2", "g", true, ""}},
                           {CallDelta{1, "x"}},
                           {CallDelta{0, "1}"}},
                           {CallEnd{0}},
                           {CallEnd{1}},
                           {UsageReport{Usage{9, 3, 2, 4, 1, {}, {}}}},
                           {Finish{FinishReason::ToolCalls, "tool_use", "", ""}}})) ==
          R"({"id":"chatcmpl-msg_1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
          R"("message":)"
          R"({"role":"assistant","content":"ab","refusal":null,"reasoning_content":"r","thinking_blocks":)"
          R"([{"type":"thinking","thinking":"r","signature":"s"}],"tool_calls":[{"id":"1","type":"function",)"
          R"("function":)"
          R"({"name":"f","arguments":"{\"a\":1}"}},{"id":"2","type":"custom","custom":{"name":"g","input":"x"}}]},)"
          R"("logprobs":{"content":[{"token":"a"},{"token":"a"}],"refusal":null},"finish_reason":"tool_calls"}],)"
          R"("usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":)"
          R"({"cached_tokens":3,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}},)"
          R"("system_fingerprint":null})");
  }

  TEST_CASE("what a message has, and what it leaves out") {
    const Json list = Json::parse(R"([{"a":1}])");
    const Event call = {CallBegin{0, "1", "f", false, ""}};
    struct Row {
      const char* name;
      std::vector<Event> events;
      const char* want;
    };
    for (const Row& row : {
             Row{"nothing", {}, R"({"role":"assistant","content":"","refusal":null})"},
             Row{"a call without arguments or text", {call},
                 R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"1","type":"function",)"
                 R"("function":{"name":"f","arguments":"{}"}}]})"},
             Row{"a refusal", {{RefusalDelta{"n"}}, {RefusalDelta{"o"}}},
                 R"({"role":"assistant","content":null,"refusal":"no"})"},
             Row{"an explanation", {{TextDelta{"a", nullptr}}, {Finish{FinishReason::ContentFilter, "", "", "why"}}},
                 R"({"role":"assistant","content":"a","refusal":"why"})"},
             Row{"citations", {{Annotations{&list}}, {Annotations{&list}}},
                 R"({"role":"assistant","content":"","refusal":null,"annotations":[{"a":1},{"a":1}]})"},
             Row{"an image", {{ImageOutput{&list.front()}}},
                 R"({"role":"assistant","content":"","refusal":null,"images":[{"a":1}]})"},
             Row{"a server's block", {{ServerBlock{&list.front()}}},
                 R"({"role":"assistant","content":"","refusal":null,"server_tool_blocks":[{"a":1}]})"},
         }) {
      CAPTURE(row.name);
      CHECK(message(row.events) == row.want);
    }
  }

  TEST_CASE("clients of the legacy functions get the first call as function_call") {
    ReplyRules rules;
    rules.legacy_functions = true;
    const Json choice = encode(rules, {{CallBegin{0, "1", "f", false, ""}},
                                       {CallBegin{1, "2", "g", false, ""}},
                                       {Finish{FinishReason::ToolCalls, "", "", ""}}})
                            .at("choices")
                            .at(0);
    CHECK(dump(choice) == R"({"index":0,"message":{"role":"assistant","content":null,"refusal":null,"function_call":)"
                          R"({"name":"f","arguments":"{}"}},"logprobs":null,"finish_reason":"function_call"})");
  }

  TEST_CASE("choices are sorted by index, and the vendor's word stands where it says more") {
    const Json choices = encode({}, {{TextDelta{"b", nullptr}, 1},
                                     {TextDelta{"a", nullptr}, 0},
                                     {Finish{FinishReason::Pause, "pause_turn", "", ""}, 1},
                                     {Finish{FinishReason::Length, "length", "", ""}, 0}})
                             .at("choices");
    CHECK(dump(choices) ==
          R"([{"index":0,"message":{"role":"assistant","content":"a","refusal":null},"logprobs":null,)"
          R"("finish_reason":"length"},{"index":1,"message":{"role":"assistant","content":"b","refusal":null},)"
          R"("logprobs":null,"finish_reason":"stop","native_finish_reason":"pause_turn"}])");
  }
}

}  // namespace aigw::protocol::chat
