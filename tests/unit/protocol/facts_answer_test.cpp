// The facts of whole answers; those of events are in facts_test.cpp.
#include "protocol/facts.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {
namespace {

AnswerFacts answer(Dialect dialect, std::string body) {
  const std::string before = body;
  const AnswerFacts facts = read_answer(dialect, body);
  CHECK(body == before);
  return facts;
}

}  // namespace

TEST_SUITE("protocol/facts_answer") {
  TEST_CASE("an answer is empty when nobody could read anything from it") {
    struct Row {
      Dialect dialect;
      const char* body;
      bool empty;
    };
    const auto chat = [](const char* message, const char* reason) {
      return std::string(R"({"id":"c","choices":[{"index":0,"message":)") + message + R"(,"finish_reason":")" + reason +
             R"("}]})";
    };
    const std::string text = chat(R"({"role":"assistant","content":"Hi","refusal":null})", "stop");
    const std::string nothing = chat(R"({"role":"assistant","content":"","refusal":null,"tool_calls":[]})", "stop");
    const std::string cut = chat(R"({"role":"assistant","content":null})", "length");
    const std::string call =
        chat(R"({"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]})",
             "tool_calls");
    const std::string refusal = chat(R"({"content":null,"refusal":"no"})", "stop");
    const std::string reasoning = chat(R"({"content":"","reasoning_content":"hm"})", "stop");
    for (const Row& row : {
             Row{Dialect::Chat, text.c_str(), false},
             Row{Dialect::Chat, nothing.c_str(), true},
             Row{Dialect::Chat, cut.c_str(), false},
             Row{Dialect::Chat, call.c_str(), false},
             Row{Dialect::Chat, refusal.c_str(), false},
             Row{Dialect::Chat, reasoning.c_str(), false},
             Row{Dialect::Chat, R"({"choices":[]})", true},
             Row{Dialect::Chat, "{}", true},
             Row{Dialect::Chat, "[]", true},
             Row{Dialect::Completions, R"({"choices":[{"text":"a","finish_reason":"stop"}]})", false},
             Row{Dialect::Completions, R"({"choices":[{"text":"","finish_reason":"stop"}]})", true},
             Row{Dialect::Responses,
                 R"({"object":"response","status":"completed","error":null,"text":{"verbosity":"low"},)"
                 R"("output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]})",
                 false},
             Row{Dialect::Responses,
                 R"({"status":"completed","text":{"verbosity":"low"},"output":[{"type":"reasoning","summary":[]},)"
                 R"({"type":"message","content":[{"type":"output_text","text":""}]}]})",
                 true},
             Row{Dialect::Responses,
                 R"({"status":"completed","output":[{"type":"function_call","name":"f","arguments":"{}"}]})", false},
             Row{Dialect::Responses,
                 R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]})", false},
             Row{Dialect::Responses, R"({"status":"queued","output":[]})", false},
             Row{Dialect::Messages, R"({"content":[{"type":"text","text":"a"}],"stop_reason":"end_turn"})", false},
             Row{Dialect::Messages, R"({"content":[{"type":"text","text":""}],"stop_reason":"end_turn"})", true},
             Row{Dialect::Messages, R"({"type":"message","content":[],"stop_reason":"end_turn"})", true},
             Row{Dialect::Messages, R"({"type":"message","content":[],"stop_reason":"max_tokens"})", false},
             Row{Dialect::Messages, R"({"type":"message","content":[],"stop_reason":"refusal"})", false},
             Row{Dialect::Messages,
                 R"({"type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]})", false},
             Row{Dialect::TokenCount, R"({"input_tokens":5})", false},
             Row{Dialect::Embeddings, R"({"data":[]})", false},
             Row{Dialect::Plain, "{}", false},
             Row{Dialect::Plain, "[]", false},
         }) {
      CAPTURE(row.body);
      const AnswerFacts facts = answer(row.dialect, row.body);
      CHECK(facts.parsed);
      CHECK_FALSE(facts.error);
      CHECK(facts.empty == row.empty);
    }
  }

  TEST_CASE("usage and text of an answer are read") {
    const AnswerFacts chat = answer(
        Dialect::Chat, R"({"choices":[{"message":{"role":"assistant","content":"Hi","reasoning_content":"hm"}}],)"
                       R"("usage":{"prompt_tokens":3,"completion_tokens":4}})");
    REQUIRE(chat.usage);
    CHECK(chat.usage->total() == 7);
    CHECK(chat.text_bytes == 4);
    const AnswerFacts responses =
        answer(Dialect::Responses,
               R"({"status":"completed","output":[{"id":"m","type":"message","role":"assistant",)"
               R"("content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"usage":{"input_tokens":3,)"
               R"("output_tokens":4}})");
    REQUIRE(responses.usage);
    CHECK(responses.usage->completion == 4);
    CHECK(responses.text_bytes == 5);
    const AnswerFacts message =
        answer(Dialect::Messages,
               R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text",)"
               R"("text":"Hello","citations":null},{"type":"tool_use","id":"t","name":"f","input":{"a":"bc"}}],)"
               R"("stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"cache_read_input_tokens":2,)"
               R"("cache_creation_input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":1},)"
               R"("output_tokens":4}})");
    REQUIRE(message.usage);
    CHECK(message.usage->prompt == 6);
    CHECK(message.usage->cache_read == 2);
    CHECK(message.usage->cache_write == 1);
    CHECK(message.usage->completion == 4);
    CHECK(message.text_bytes == 7);
    const AnswerFacts embeddings = answer(
        Dialect::Embeddings, R"({"data":[{"embedding":[0.1,-2e-3]}],"usage":{"prompt_tokens":8,"total_tokens":8}})");
    REQUIRE(embeddings.usage);
    CHECK(embeddings.usage->total() == 8);
  }

  TEST_CASE("an error inside a 200 is found") {
    struct Row {
      Dialect dialect;
      const char* body;
      int status;
    };
    for (const Row& row :
         {Row{Dialect::Chat, R"({"error":{"message":"m","type":"rate_limit_error"},"choices":[]})", 429},
          Row{Dialect::Chat, R"({"object":"error","message":"m","code":404})", 404},
          Row{Dialect::Chat, R"({"detail":"m"})", 502},
          Row{Dialect::Responses, R"({"status":"failed","error":{"code":"server_error","message":"m"},"output":[]})",
              502},
          Row{Dialect::Responses, R"({"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"}})", 429},
          Row{Dialect::Messages, R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})", 503},
          Row{Dialect::TokenCount, R"({"type":"error","error":{"type":"not_found_error","message":"m"}})", 404},
          Row{Dialect::Embeddings, R"({"error":{"message":"m","code":"insufficient_quota"}})", 429},
          Row{Dialect::Plain, R"([{"error":{"message":"m","status":"UNAVAILABLE"}}])", 503}}) {
      CAPTURE(row.body);
      const AnswerFacts facts = answer(row.dialect, row.body);
      REQUIRE(facts.error);
      CHECK(facts.error->status == row.status);
      if (facts.error->message != "m") CHECK(facts.error->message == "m");
    }
  }

  TEST_CASE("what is not JSON is not parsed") {
    for (const char* body : {"", "<html>", "{", R"({"choices":[)", R"({"a":1}})", "nul"}) {
      CAPTURE(body);
      CHECK_FALSE(answer(Dialect::Chat, body).parsed);
      CHECK_FALSE(answer(Dialect::Plain, body).parsed);
    }
  }

  TEST_CASE("tokens are estimated from bytes, rounded up") {
    CHECK(estimate_tokens(0) == 0);
    CHECK(estimate_tokens(1) == 1);
    CHECK(estimate_tokens(4) == 1);
    CHECK(estimate_tokens(5) == 2);
  }
}

}  // namespace aigw::protocol
