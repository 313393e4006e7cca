#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chunks.h"

namespace aigw::protocol {
namespace {

std::string split(Dialect dialect, std::string_view answer, bool include_usage = true) {
  const Result<std::string> frames = split_chunks(dialect, answer, include_usage);
  return frames ? *frames : frames.error().detail;
}

// The data of each frame.
std::vector<std::string> data_of(std::string_view frames) {
  std::vector<std::string> data;
  while (!frames.empty()) {
    const std::size_t end = frames.find("\n\n");
    REQUIRE(end != std::string_view::npos);
    REQUIRE(frames.substr(0, 6) == "data: ");
    data.emplace_back(frames.substr(6, end - 6));
    frames.remove_prefix(end + 2);
  }
  return data;
}

std::string join(Dialect dialect, std::string_view frames) {
  ChunkJoiner joiner(dialect);
  for (const std::string& data : data_of(frames)) {
    const Status added = joiner.add("", data);
    CHECK(added.has_value());
  }
  const Result<std::string> answer = joiner.finish();
  return answer ? *answer : answer.error().detail;
}

// A Chat answer whose only choice has this message.
std::string answer(const std::string& message, const std::string& more = R"("logprobs":null,"finish_reason":"stop")") {
  return R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":)" + message +
         "," + more +
         R"(}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"system_fingerprint":"fp"})";
}

}  // namespace

TEST_SUITE("protocol/answer_splitter") {
  TEST_CASE("an answer becomes well-formed chunks") {
    CHECK(split(Dialect::Chat, answer(R"({"role":"assistant","content":"Hi","refusal":null})"), false) ==
          R"(data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp",)"
          R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]})"
          "\n\n"
          R"(data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp",)"
          R"("choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]})"
          "\n\n"
          R"(data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp",)"
          R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]})"
          "\n\n"
          "data: [DONE]\n\n");
  }

  TEST_CASE("the usage chunk is written only if it was asked for") {
    const std::string whole = answer(R"({"role":"assistant","content":""})");
    CHECK(split(Dialect::Chat, whole, false).find("usage") == std::string::npos);
    const std::vector<std::string> data = data_of(split(Dialect::Chat, whole, true));
    REQUIRE(data.size() == 4);
    for (std::size_t at = 0; at + 2 < data.size(); ++at) CHECK(nlohmann::json::parse(data[at]).at("usage").is_null());
    CHECK(data[2] == R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp",)"
                     R"("choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})");
    CHECK(data[3] == "[DONE]");
    CHECK(split(Dialect::Chat, R"({"choices":[{"message":{"content":"a"}}]})", true).find("total_tokens") ==
          std::string::npos);
  }

  TEST_CASE("the deltas come in the order of the specification") {
    const std::string whole = answer(
        R"({"annotations":[1],"refusal":"no","tool_calls":[{"type":"function","id":"a","function":{"arguments":"{}",)"
        R"("name":"f"}},{"id":"b","type":"function","function":{"name":"g","arguments":""}}],"content":"Hi",)"
        R"("thinking_blocks":[2],"reasoning_content":"hm"})",
        R"("logprobs":{"content":[3]},"finish_reason":"tool_calls","native":4)");
    std::vector<std::string> choices;
    for (const std::string& data : data_of(split(Dialect::Chat, whole, false))) {
      if (data == "[DONE]") continue;
      nlohmann::ordered_json choice = nlohmann::ordered_json::parse(data).at("choices").at(0);
      choice.erase("index");
      choices.push_back(choice.dump());
    }
    const std::string rest = R"(,"logprobs":null,"finish_reason":null})";
    CHECK(choices == std::vector<std::string>{
                         R"({"delta":{"role":"assistant","content":""})" + rest,
                         R"({"delta":{"reasoning_content":"hm"})" + rest,
                         R"({"delta":{"thinking_blocks":[2]})" + rest,
                         R"({"delta":{"content":"Hi"},"logprobs":{"content":[3]},"finish_reason":null})",
                         R"({"delta":{"refusal":"no"})" + rest,
                         R"({"delta":{"tool_calls":[{"index":0,"type":"function","id":"a","function":{"arguments":"",)"
                         R"("name":"f"}}]})" +
                             rest,
                         R"({"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})" + rest,
                         R"({"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g",)"
                         R"("arguments":""}}]})" +
                             rest,
                         R"({"delta":{"annotations":[1]})" + rest,
                         R"({"delta":{},"logprobs":null,"finish_reason":"tool_calls","native":4})",
                     });
  }

  TEST_CASE("a stream made from an answer makes the same answer") {
    for (const std::string& whole : {
             answer(R"({"role":"assistant","content":"Hello 😀 \"x\"\n","refusal":null})"),
             answer(R"({"role":"assistant","content":"","refusal":null})"),
             answer(R"({"role":"assistant","content":null,"refusal":"no"})",
                    R"("logprobs":{"content":null,"refusal":[{"token":"no"}]},"finish_reason":"stop")"),
             answer(
                 R"({"role":"assistant","content":"a","refusal":null,"reasoning_content":"r","reasoning":"s",)"
                 R"("thinking_blocks":[{"type":"thinking"}],"annotations":[],"images":[{"a":1}],"unknown":{"b":[2]}})"),
             answer(R"({"role":"assistant","content":[{"type":"text","text":"a"}],"refusal":null})"),
             answer(R"({"role":"assistant","content":null,"refusal":null,"audio":{"id":"a","data":"AA","expires_at":5,)"
                    R"("transcript":"hi"}})"),
             answer(
                 R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"a","type":"function",)"
                 R"("function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"custom","custom":{"name":"g",)"
                 R"("input":"y"}},{"id":"c","type":"function","function":{"name":"f","arguments":""}}]})",
                 R"("logprobs":null,"finish_reason":"tool_calls")"),
             answer(
                 R"({"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}})",
                 R"("logprobs":null,"finish_reason":"function_call")"),
             answer(R"({"role":"assistant","content":"a","refusal":null})",
                    R"("logprobs":{"content":[{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]}],)"
                    R"("refusal":null},"finish_reason":"length","content_filter_results":{"hate":{"filtered":false}},)"
                    R"("stop_reason":null)"),
             std::string(
                 R"({"id":"c","object":"chat.completion","created":1,"model":"m","service_tier":null,"provider":"p",)"
                 R"("citations":["u"],"choices":[{"index":0,"message":{"role":"assistant","content":"a",)"
                 R"("refusal":null},"logprobs":null,"finish_reason":"stop"},{"index":1,"message":{"role":"tool",)"
                 R"("content":"b","refusal":null},"logprobs":null,"finish_reason":"length"}]})"),
         }) {
      CAPTURE(whole);
      CHECK(nlohmann::json::parse(join(Dialect::Chat, split(Dialect::Chat, whole))) == nlohmann::json::parse(whole));
    }
    const std::string legacy =
        R"({"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"Hi",)"
        R"("logprobs":{"tokens":["Hi"],"token_logprobs":[-1.5],"top_logprobs":[{"Hi":-1.5}],"text_offset":[0]},)"
        R"("finish_reason":"length"},{"index":1,"text":"","logprobs":null,"finish_reason":"stop","stop_reason":2}],)"
        R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
    CHECK(nlohmann::json::parse(join(Dialect::Completions, split(Dialect::Completions, legacy))) ==
          nlohmann::json::parse(legacy));
  }

  TEST_CASE("legacy answers have no role chunk") {
    CHECK(split(Dialect::Completions, R"({"id":"c","choices":[{"text":"Hi","finish_reason":"length"}]})", false) ==
          R"(data: {"id":"c","object":"text_completion","choices":[{"index":0,"text":"Hi","logprobs":null,)"
          R"("finish_reason":null}]})"
          "\n\n"
          R"(data: {"id":"c","object":"text_completion","choices":[{"index":0,"text":"","logprobs":null,)"
          R"("finish_reason":"length"}]})"
          "\n\n"
          "data: [DONE]\n\n");
  }

  TEST_CASE("choices come in order of their index") {
    const std::string frames =
        split(Dialect::Completions, R"({"choices":[{"index":1,"text":"b"},{"index":0,"text":"a"}]})");
    CHECK(frames.find("\"a\"") < frames.find("\"b\""));
  }

  TEST_CASE("what is no answer of the dialect is Garbled") {
    struct Row {
      Dialect dialect;
      const char* text;
      const char* want;
    };
    for (const Row& row :
         {Row{Dialect::Chat, "", "Invalid JSON at byte 1 (line 1, column 1): expected '{', found the end"},
          Row{Dialect::Chat, "{}", "an answer without `choices`"},
          Row{Dialect::Chat, R"({"choices":{}})", "an answer without `choices`"},
          Row{Dialect::Chat, R"({"choices":[]})", "an answer without `choices`"},
          Row{Dialect::Completions, R"({"choices":[]})", "an answer without `choices`"},
          Row{Dialect::Chat, R"({"choices":[5]})", "a choice without `message`"},
          Row{Dialect::Chat, R"({"choices":[{"message":"x"}]})", "a choice without `message`"},
          Row{Dialect::Completions, R"({"choices":[{"message":{}}]})", "a choice without `text`"}}) {
      CAPTURE(row.text);
      const Result<std::string> frames = split_chunks(row.dialect, row.text, true);
      REQUIRE_FALSE(frames);
      CHECK(frames.error().kind == ErrorKind::Garbled);
      CHECK(frames.error().detail == row.want);
    }
  }

  TEST_CASE("members of unexpected types do no harm") {
    CHECK(split(Dialect::Chat,
                R"({"choices":[{"index":"x","message":{"role":5,"content":6,"tool_calls":[7,{"function":8}],)"
                R"("function_call":9},"logprobs":1,"finish_reason":2}],"usage":3})",
                false) ==
          R"(data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
          R"("logprobs":null,"finish_reason":null}]})"
          "\n\n"
          R"(data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":6},"logprobs":1,)"
          R"("finish_reason":null}]})"
          "\n\n"
          R"(data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,)"
          R"("function":8}]},"logprobs":null,"finish_reason":null}]})"
          "\n\n"
          R"(data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"logprobs":null,)"
          R"("finish_reason":2}]})"
          "\n\n"
          "data: [DONE]\n\n");
  }
}

}  // namespace aigw::protocol
