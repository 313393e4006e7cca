#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/chat/chat.h"
#include "protocol/error_conversion.h"

namespace aigw::protocol::chat {
namespace {

using namespace canonical;

// The frames that the events make, after a Begin of `msg_1`.
std::string encode(const ReplyRules& rules, const std::vector<Event>& events) {
  const std::unique_ptr<StreamEncoder> encoder = stream_encoder(rules);
  encoder->take({Begin{"msg_1", "m", 7, "", ""}});
  for (const Event& event : events) encoder->take(event);
  return encoder->take_frames();
}

std::string chunk(const std::string& members, const std::string& end = "") {
  return R"(data: {"id":"chatcmpl-msg_1","object":"chat.completion.chunk","created":7,"model":"m",)"
         R"("system_fingerprint":null,"choices":[)" + members + "]" + end + "}\n\n";
}

std::string delta(const std::string& members, const std::string& finish = "null", const std::string& index = "0") {
  return chunk(R"({"index":)" + index + R"(,"delta":{)" + members + R"(},"logprobs":null,"finish_reason":)" + finish
      + "}");
}

const std::string kRole = delta(R"("role":"assistant","content":"")");
const std::string kDone = "data: [DONE]\n\n";

// What stands between the role chunk and the finish chunk of a stream with these events.
std::string middle(const std::vector<Event>& events, const ReplyRules& rules = {}) {
  std::vector<Event> all = events;
  all.push_back({Finish{FinishReason::Stop, "", "", ""}});
  all.push_back({End{}});
  const std::string frames = encode(rules, all);
  const std::string tail = delta("", "\"stop\"") + kDone;
  REQUIRE(frames.substr(0, kRole.size()) == kRole);
  REQUIRE(frames.substr(frames.size() - tail.size()) == tail);
  return frames.substr(kRole.size(), frames.size() - kRole.size() - tail.size());
}

}  // namespace

TEST_SUITE("protocol/chat/stream_encoder") {
  TEST_CASE("each event has its chunk") {
    const Json logprobs = Json::parse(R"({"content":[{"token":"a"}]})");
    const Json list = Json::parse(R"([{"type":"url_citation"}])");
    const Json block = Json::parse(R"({"type":"server_tool_use"})");
    const std::string sealed = seal(Vendor::Google, "g", false);
    struct Row {
      const char* name;
      std::vector<Event> events;
      std::string want;
    };
    const std::string call =
        delta(R"("tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":""}}])");
    for (const Row& row : {
             Row{"text", {{TextDelta{"a\n\"b\"", nullptr}}}, delta(R"("content":"a\n\"b\"")")},
             Row{"no text", {{TextDelta{"", nullptr}}, {RefusalDelta{""}}, {ReasoningDelta{""}}}, ""},
             Row{"log probabilities",
                 {{TextDelta{"a", &logprobs}}},
                 chunk(R"({"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}]},)"
                       R"("finish_reason":null})")},
             Row{"refusal", {{RefusalDelta{"no"}}}, delta(R"("refusal":"no")")},
             Row{"reasoning without a proof",
                 {{ReasoningDelta{"r"}}, {ReasoningEnd{}}},
                 delta(R"("reasoning_content":"r")")},
             Row{"Anthropic's reasoning",
                 {{ReasoningDelta{"a"}}, {ReasoningDelta{"b"}}, {ReasoningEnd{Vendor::Anthropic, "s", false}}},
                 delta(R"("reasoning_content":"a")") + delta(R"("reasoning_content":"b")") +
                     delta(R"("thinking_blocks":[{"type":"thinking","thinking":"ab","signature":"s"}])")},
             Row{"another vendor's reasoning",
                 {{ReasoningDelta{"a"}}, {ReasoningEnd{Vendor::Google, "g", false}}},
                 delta(R"("reasoning_content":"a")") +
                     delta(R"("thinking_blocks":[{"type":"thinking","thinking":"a","signature":")" + sealed
                         + R"("}])")},
             Row{"redacted reasoning",
                 {{ReasoningEnd{Vendor::Anthropic, "d", true}}},
                 delta(R"("thinking_blocks":[{"type":"redacted_thinking","data":"d"}])")},
             Row{"a call",
                 {{CallBegin{0, "1", "f", false, ""}}, {CallDelta{0, "{\"a\""}}, {CallDelta{0, ":1}"}}, {CallEnd{0}}},
                 call + delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}])") +
                     delta(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])")},
             Row{"a call without arguments",
                 {{CallBegin{0, "1", "f", false, ""}}, {CallEnd{0}}},
                 call + delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])")},
             Row{"a custom call",
                 {{CallBegin{1, "2", "g", true, ""}}, {CallDelta{1, "x"}}, {CallEnd{1}}},
                 delta(R"("tool_calls":[{"index":1,"id":"2","type":"custom","custom":{"name":"g","input":""}}])") +
                     delta(R"("tool_calls":[{"index":1,"custom":{"input":"x"}}])")},
             Row{"a signed call",
                 {{CallBegin{0, "1", "f", false, "sig"}}},
                 delta(R"("tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":""},)"
                       R"("extra_content":{"google":{"thought_signature":"sig"}}}])")},
             Row{"citations", {{Annotations{&list}}}, delta(R"("annotations":[{"type":"url_citation"}])")},
             Row{"an image", {{ImageOutput{&list.front()}}}, delta(R"("images":[{"type":"url_citation"}])")},
             Row{"a server's block", {{ServerBlock{&block}}}, ""},
         }) {
      CAPTURE(row.name);
      CHECK(middle(row.events) == row.want);
    }
  }

  TEST_CASE("interleaved calls keep their numbers") {
    const auto arguments = [](const char* index, const char* text) {
      return delta(std::string(R"("tool_calls":[{"index":)") + index + R"(,"function":{"arguments":")" + text
          + R"("}}])");
    };
    const std::string frames = middle({{CallBegin{0, "1", "f", false, ""}},
                                       {CallBegin{1, "2", "g", false, ""}},
                                       {CallDelta{1, "["}},
                                       {CallDelta{0, "{}"}},
                                       {CallDelta{1, "]"}},
                                       {CallEnd{0}},
                                       {CallEnd{1}}});
    const std::string want = arguments("1", "[") + arguments("0", "{}") + arguments("1", "]");
    REQUIRE(frames.size() > want.size());
    CHECK(frames.substr(frames.size() - want.size()) == want);
  }

  TEST_CASE("a call without an id gets one of its own") {
    const std::string frames = middle({{CallBegin{0, "", "f", false, ""}}, {CallBegin{1, "", "f", false, ""}}});
    const std::size_t first = frames.find("\"id\":\"call_");
    const std::size_t second = frames.rfind("\"id\":\"call_");
    REQUIRE(first != std::string::npos);
    CHECK(first != second);
    CHECK(frames.substr(first, 40) != frames.substr(second, 40));
  }

  TEST_CASE("the answer ends with the reason, the usage if it was asked for, and [DONE]") {
    ReplyRules rules;
    const std::vector<Event> events = {{TextDelta{"a", nullptr}},
                                       {UsageReport{Usage{9, 3, 2, 4, 1, {}, {}}}},
                                       {Finish{FinishReason::Length, "max_tokens", "", ""}},
                                       {End{}},
                                       {TextDelta{"too late", nullptr}}};
    CHECK(encode(rules, events) == kRole + delta(R"("content":"a")") + delta("", "\"length\"") + kDone);
    rules.include_usage = true;
    const auto with_null = [](const std::string& members) { return chunk(members, ",\"usage\":null"); };
    CHECK(encode(rules, events) ==
          with_null(R"({"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null})") +
              with_null(R"({"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":null})") +
              with_null(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"length"})") +
              chunk("", R"(,"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,)"
                        R"("prompt_tokens_details":)"
                        R"({"cached_tokens":3,"cache_write_tokens":2},)"
                        R"("completion_tokens_details":{"reasoning_tokens":1}})") +
              kDone);
  }

  TEST_CASE("a usage that nobody reported is left out") {
    ReplyRules rules;
    rules.include_usage = true;
    CHECK(encode(rules, {{Finish{}}, {End{}}}).find("\"choices\":[]") == std::string::npos);
  }

  TEST_CASE("finish reasons, and the vendor's word where it says more") {
    struct Row {
      FinishReason reason;
      const char* native;
      const char* want;
    };
    for (const Row& row : {
             Row{FinishReason::Stop, "end_turn", R"("stop")"},
             Row{FinishReason::Stop, "STOP", R"("stop")"},
             Row{FinishReason::StopSequence, "stop_sequence", R"("stop","native_finish_reason":"stop_sequence")"},
             Row{FinishReason::Pause, "pause_turn", R"("stop","native_finish_reason":"pause_turn")"},
             Row{FinishReason::Unknown, "", R"("stop")"},
             Row{FinishReason::Length, "MAX_TOKENS", R"("length")"},
             Row{FinishReason::ContextWindow, "model_context_window_exceeded",
                 R"("length","native_finish_reason":"model_context_window_exceeded")"},
             Row{FinishReason::ToolCalls, "tool_use", R"("tool_calls")"},
             Row{FinishReason::ToolCalls, "STOP", R"("tool_calls")"},
             Row{FinishReason::ContentFilter, "refusal", R"("content_filter")"},
             Row{FinishReason::ContentFilter, "SAFETY", R"("content_filter","native_finish_reason":"SAFETY")"},
         }) {
      CAPTURE(row.want);
      CHECK(encode({}, {{Finish{row.reason, row.native, "", ""}}, {End{}}}) == kRole + delta("", row.want) + kDone);
    }
  }

  TEST_CASE("the explanation of a refusal is its text, once") {
    const Event finish = {Finish{FinishReason::ContentFilter, "refusal", "", "why"}};
    const std::string end = delta("", "\"content_filter\"") + kDone;
    CHECK(encode({}, {finish, {End{}}}) == kRole + delta(R"("refusal":"why")") + end);
    CHECK(encode({}, {{RefusalDelta{"why"}}, finish, {End{}}}) == kRole + delta(R"("refusal":"why")") + end);
  }

  TEST_CASE("clients of the legacy functions get the first call as function_call") {
    ReplyRules rules;
    rules.legacy_functions = true;
    CHECK(encode(rules, {{CallBegin{0, "1", "f", false, ""}},
                         {CallDelta{0, "{}"}},
                         {CallBegin{1, "2", "g", false, ""}},
                         {CallDelta{1, "{}"}},
                         {CallEnd{0}},
                         {CallEnd{1}},
                         {Finish{FinishReason::ToolCalls, "tool_use", "", ""}},
                         {End{}}}) == kRole + delta(R"("function_call":{"name":"f","arguments":""})") +
                                          delta(R"("function_call":{"arguments":"{}"})") +
                                          delta("", "\"function_call\"") + kDone);
  }

  TEST_CASE("each choice has a role chunk and one reason, at the end") {
    CHECK(encode({}, {{TextDelta{"b", nullptr}, 1},
                      {Finish{FinishReason::Stop, "", "", ""}, 1},
                      {TextDelta{"a", nullptr}, 0},
                      {Finish{FinishReason::Length, "", "", ""}, 0},
                      {End{}}}) ==
          kRole + delta(R"("role":"assistant","content":"")", "null", "1") + delta(R"("content":"b")", "null", "1") +
              delta(R"("content":"a")") + delta("", "\"length\"") + delta("", "\"stop\"", "1") + kDone);
  }

  TEST_CASE("a failure is the last frame, and no reason stands before it") {
    const ProviderError error = {502, "cut", "server_error", "upstream_truncated"};
    const std::vector<Event> events = {
        {TextDelta{"a", nullptr}}, {Finish{FinishReason::Stop, "", "", ""}}, {Failed{&error}}, {End{}}};
    CHECK(encode({}, events) ==
          kRole + delta(R"("content":"a")") + error_frame(Dialect::Chat, form_of(0, error, {})));
  }

  TEST_CASE("id, model and time") {
    ReplyRules rules;
    rules.model = "alias";
    rules.now = 99;
    const auto first = [&](const Begin& begin) {
      const std::unique_ptr<StreamEncoder> encoder = stream_encoder(rules);
      encoder->take({begin});
      return encoder->take_frames();
    };
    CHECK(first({"chatcmpl-9", "m", 0, "priority", "fp"}) ==
          R"(data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":99,"model":"alias",)"
          R"("service_tier":"priority","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant",)"
          R"("content":""},"logprobs":null,"finish_reason":null}]})"
          "\n\n");
    CHECK(first({"", "m", 0, "", ""}) != first({"", "m", 0, "", ""}));
  }
}

}  // namespace aigw::protocol::chat
