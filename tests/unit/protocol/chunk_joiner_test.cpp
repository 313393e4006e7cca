#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chunks.h"

namespace aigw::protocol {
namespace {

// The answer that these events make, or the error's detail.
std::string join(Dialect dialect, const std::vector<std::string>& events) {
  ChunkJoiner joiner(dialect);
  for (const std::string& event : events) {
    const Status added = joiner.add("", event);
    if (!added) return added.error().detail;
  }
  const Result<std::string> answer = joiner.finish();
  return answer ? *answer : answer.error().detail;
}

std::string chunk(const std::string& choices) {
  return R"({"id":"c1","created":7,"model":"m","choices":[)" + choices + "]}";
}

std::string delta(const std::string& members, const std::string& reason = "null") {
  return chunk(R"({"index":0,"delta":{)" + members + R"(},"finish_reason":)" + reason + "}");
}

// The only choice of the answer.
std::string choice(const std::vector<std::string>& events, Dialect dialect = Dialect::Chat) {
  const nlohmann::ordered_json answer = nlohmann::ordered_json::parse(join(dialect, events));
  return answer.at("choices").at(0).dump();
}

std::string message(const std::vector<std::string>& events) {
  return nlohmann::ordered_json::parse(choice(events)).at("message").dump();
}

std::string calls(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  for (const std::string& piece : pieces) events.push_back(delta(R"("tool_calls":[)" + piece + "]"));
  events.push_back("[DONE]");
  return nlohmann::ordered_json::parse(message(events)).at("tool_calls").dump();
}

}  // namespace

TEST_SUITE("protocol/chunk_joiner") {
  TEST_CASE("chunks become one answer") {
    CHECK(join(Dialect::Chat,
               {R"({"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":[],)"
                R"("prompt_filter_results":[1]})",
                R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":null,)"
                R"("obfuscation":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},)"
                R"("logprobs":null,"finish_reason":null}],"usage":null})",
                R"({"id":"c2","created":8,"model":"n","system_fingerprint":"fp","choices":[{"index":0,)"
                R"("delta":{"content":"Hel"},"finish_reason":null}]})",
                delta(R"("content":"lo")"), delta("", "\"stop\""),
                R"({"id":"c1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})",
                " [DONE]", "not read any more"}) ==
          R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
          R"("message":{"role":"assistant","content":"Hello","refusal":null},"logprobs":null,"finish_reason":"stop"}],)"
          R"("prompt_filter_results":[1],"system_fingerprint":"fp","usage":{"prompt_tokens":1,"completion_tokens":2,)"
          R"("total_tokens":3}})");
  }

  TEST_CASE("what is never given is null or absent, what is given empty is empty") {
    CHECK(message({delta(""), "[DONE]"}) == R"({"role":"assistant","content":null,"refusal":null})");
    CHECK(message({delta(R"("content":null,"reasoning_content":null)"), "[DONE]"}) ==
          R"({"role":"assistant","content":null,"refusal":null})");
    CHECK(message({delta(R"("content":"","refusal":"","reasoning":"")"), "[DONE]"}) ==
          R"({"role":"assistant","content":"","refusal":"","reasoning":""})");
  }

  TEST_CASE("members of a delta are concatenated, appended or replaced by their type") {
    CHECK(message({delta(R"("reasoning_content":"a","annotations":[1],"unknown":"x","number":1)"),
                   delta(R"("reasoning_content":"b","annotations":[2,3],"unknown":"y","number":2)"), "[DONE]"}) ==
          R"({"role":"assistant","content":null,"refusal":null,"reasoning_content":"ab","annotations":[1,2,3],)"
          R"("unknown":"xy","number":2})");
    CHECK(message({delta(R"("audio":{"id":"a1","transcript":"Hel"})"),
                   delta(R"("audio":{"id":"a1","data":"AA","transcript":"lo"})"), "[DONE]"}) ==
          R"({"role":"assistant","content":null,"refusal":null,"audio":{"id":"a1","transcript":"Hello","data":"AA"}})");
    CHECK(message({delta(R"("function_call":{"name":"f","arguments":"{"})"),
                   delta(R"("function_call":{"arguments":"}"})"), "[DONE]"}) ==
          R"({"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}})");
  }

  TEST_CASE("text and parts of one message are both kept") {
    CHECK(message({delta(R"("content":"")"), delta(R"("content":[{"type":"thinking","thinking":[]}])"),
                   delta(R"("content":"Hi")"), "[DONE]"}) ==
          R"({"role":"assistant","content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Hi"}],)"
          R"("refusal":null})");
  }

  TEST_CASE("choices are kept apart and sorted by index") {
    CHECK(join(Dialect::Chat,
               {chunk(R"({"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}})"),
                chunk(R"({"index":0,"delta":{"content":"A"},"finish_reason":"length"})"),
                chunk(R"({"index":1,"delta":{"content":"B"},"finish_reason":"stop","stop_reason":"END"})")}) ==
          R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
          R"("message":{"role":"assistant","content":"aA","refusal":null},"logprobs":null,"finish_reason":"length"},)"
          R"({"index":1,"message":{"role":"assistant","content":"bB","refusal":null},"logprobs":null,)"
          R"("finish_reason":"stop","stop_reason":"END"}]})");
  }

  TEST_CASE("tool calls are told apart by index, id and name") {
    const std::string two =
        R"([{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function",)"
        R"("function":{"name":"g","arguments":"[]"}}])";
    const auto start = [](const char* index, const char* id, const char* name) {
      return "{" + std::string(index) + R"("id":")" + id + R"(","type":"function","function":{"name":")" + name +
             R"(","arguments":""}})";
    };
    const auto more = [](const char* index, const char* text) {
      return "{" + std::string(index) + R"("function":{"arguments":")" + text + R"("}})";
    };
    const char* zero = R"("index":0,)";
    const char* one = R"("index":1,)";
    struct Row {
      const char* name;
      std::vector<std::string> pieces;
    };
    for (const Row& row : {
             Row{"in order",
                 {start(zero, "a", "f"), more(zero, "{"), more(zero, "}"), start(one, "b", "g"), more(one, "[]")}},
             Row{"one after the other, then interleaved",
                 {start(zero, "a", "f"), start(one, "b", "g"), more(zero, "{"), more(one, "["), more(zero, "}"),
                  more(one, "]")}},
             Row{"in reverse", {start(one, "b", "g"), more(one, "[]"), start(zero, "a", "f"), more(zero, "{}")}},
             Row{"two in one chunk",
                 {start(zero, "a", "f") + "," + start(one, "b", "g"),
                  more(zero, "{") + "," + more(zero, "}") + "," + more(one, "[]")}},
             Row{"a gap",
                 {start(R"("index":3,)", "a", "f"), more(R"("index":3,)", "{}"), start(R"("index":7,)", "b", "g"),
                  more(R"("index":7,)", "[]")}},
             Row{"no index", {start("", "a", "f"), more("", "{}"), start("", "b", "g"), more("", "[]")}},
             Row{"index 0 for every call",
                 {start(zero, "a", "f"), more(zero, "{}"), start(zero, "b", "g"), more(zero, "[]")}},
             Row{"id, type and name repeated",
                 {start(zero, "a", "f"),
                  R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}})",
                  R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"}"}})",
                  start(one, "b", "g"), more(one, "[]")}},
         }) {
      CAPTURE(row.name);
      CHECK(calls(row.pieces) == two);
    }
    CHECK(calls({R"({"index":0,"id":"a","function":{"name":"get_"}})",
                 R"({"index":0,"function":{"name":"time","arguments":""}})",
                 R"({"index":0,"function":{"arguments":"{}"}})"}) ==
          R"([{"id":"a","type":"function","function":{"name":"get_time","arguments":"{}"}}])");
    CHECK(calls({R"({"function":{"name":"f","arguments":"{}"}})",
                 R"({"id":"b","function":{"name":"g","arguments":"[]"}})"})
              .find(R"("function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function",)"
                    R"("function":{"name":"g","arguments":"[]"}}])") != std::string::npos);
    CHECK(calls({R"({"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"x"}})",
                 R"({"index":0,"custom":{"input":"y"}})"}) ==
          R"([{"id":"a","type":"custom","custom":{"name":"f","input":"xy"}}])");
    CHECK(calls({R"({"index":9223372036854775807,"id":"a","function":{"name":"f"}})",
                 R"({"id":"b","function":{"name":"g"}})"}) ==
          R"([{"id":"b","type":"function","function":{"name":"g","arguments":""}},{"id":"a","type":"function",)"
          R"("function":{"name":"f","arguments":""}}])");
  }

  TEST_CASE("a call without an id gets one of its own") {
    const std::string joined = calls(
        {R"({"function":{"name":"f","arguments":"{}"}})", R"({"function":{"name":"g","arguments":"[]"}})"});
    const std::string start = R"({"id":"call_)";
    const std::size_t first = joined.find(start);
    const std::size_t second = joined.find(start, first + 1);
    REQUIRE(second != std::string::npos);
    CHECK(joined.substr(first, start.size() + 24) != joined.substr(second, start.size() + 24));
  }

  TEST_CASE("log probabilities are appended") {
    CHECK(choice({chunk(R"({"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.5}],)"
                        R"("refusal":null}})"),
                  chunk(R"({"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b","logprob":-1}],)"
                        R"("refusal":null}})"),
                  "[DONE]"}) ==
          R"({"index":0,"message":{"role":"assistant","content":"ab","refusal":null},)"
          R"("logprobs":{"content":[{"token":"a","logprob":-0.5},{"token":"b","logprob":-1}],"refusal":null},)"
          R"("finish_reason":"stop"})");
  }

  TEST_CASE("the finish reason is the last one, made to fit a tool call") {
    const std::string call = R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])";
    struct Row {
      std::vector<std::string> events;
      const char* want;
    };
    for (const Row& row :
         {Row{{delta("", "\"length\""), delta("")}, "length"}, Row{{delta(""), "[DONE]"}, "stop"},
          Row{{delta(call, "\"stop\"")}, "tool_calls"}, Row{{delta(call), "[DONE]"}, "tool_calls"},
          Row{{delta(call, "\"length\"")}, "length"}, Row{{delta(call, "\"content_filter\"")}, "content_filter"},
          Row{{delta(R"("function_call":{"name":"f","arguments":""})", "\"stop\"")}, "function_call"},
          Row{{delta("", "\"\""), "[DONE]"}, "stop"}}) {
      CHECK(nlohmann::json::parse(choice(row.events)).at("finish_reason") == row.want);
    }
  }

  TEST_CASE("legacy chunks become one answer") {
    CHECK(join(Dialect::Completions,
               {R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[{"index":0,)"
                R"("text":"Hel","logprobs":{"tokens":["Hel"],"token_logprobs":[-1.5],"top_logprobs":[{"Hel":-1.5}],)"
                R"("text_offset":[0]},"finish_reason":null}]})",
                R"({"id":"cmpl-1","choices":[{"index":0,"text":"lo","logprobs":{"tokens":["lo"],)"
                R"("token_logprobs":[-2.5],"top_logprobs":[{"lo":-2.5}],"text_offset":[3]},"finish_reason":"stop"}],)"
                R"("usage":{"total_tokens":3}})"}) ==
          R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[{"index":0,"text":"Hello",)"
          R"("logprobs":{"tokens":["Hel","lo"],"token_logprobs":[-1.5,-2.5],"top_logprobs":[{"Hel":-1.5},{"lo":-2.5}],)"
          R"("text_offset":[0,3]},"finish_reason":"stop"}],"usage":{"total_tokens":3}})");
  }

  TEST_CASE("a stream that is not whole is no answer") {
    struct Row {
      std::vector<std::string> events;
      const char* want;
    };
    const char* incomplete = "the stream ended before the answer was complete";
    for (const Row& row : {
             Row{{}, incomplete},
             Row{{delta(R"("content":"a")")}, incomplete},
             Row{{chunk(R"({"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{"content":"b"}})")},
                 incomplete},
             Row{{"{"}, "Invalid JSON at byte 2 (line 1, column 2): expected '\"' and a member's name, found the end"},
             Row{{"[1]"}, "Invalid JSON at byte 1 (line 1, column 1): expected '{', found '['"},
             Row{{R"({"a":1e999})"}, "JSON with a number out of range or an escape that is half of a surrogate pair"},
             Row{{R"({"a":"\ud800"})"},
                 "JSON with a number out of range or an escape that is half of a surrogate pair"},
             Row{{R"({"choices":[],"error":{"message":"m"}})"}, R"(the stream carries an error: {"message":"m"})"},
         }) {
      CHECK(join(Dialect::Chat, row.events) == row.want);
    }
    CHECK(join(Dialect::Chat, {"[DONE]"}) == "a stream without choices");
    CHECK(join(Dialect::Completions, {R"({"choices":[],"usage":{}})", "[DONE]"}) == "a stream without choices");
  }

  TEST_CASE("arguments in many pieces without index are read once") {
    constexpr std::size_t kPieces = 50000;
    ChunkJoiner joiner(Dialect::Chat);
    CHECK(joiner.add("", delta(R"("tool_calls":[{"id":"c","function":{"name":"f","arguments":"["}}])")));
    const std::string piece = delta(R"("tool_calls":[{"function":{"arguments":"\"0123456789abcdef\","}}])");
    for (std::size_t i = 0; i < kPieces; ++i) REQUIRE(joiner.add("", piece));
    CHECK(joiner.add("", "[DONE]"));
    const Result<std::string> answer = joiner.finish();
    REQUIRE(answer);
    CHECK(answer->size() > kPieces * 19);
  }

  TEST_CASE("a choice has at most 1024 calls") {
    ChunkJoiner joiner(Dialect::Chat);
    const auto add = [&](int index) {
      return joiner.add("", delta(R"("tool_calls":[{"index":)" + std::to_string(index) + R"(,"id":"c"}])"));
    };
    for (int index = 0; index < 1024; ++index) REQUIRE(add(index));
    CHECK(add(0));
    const Status refused = add(1024);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Garbled);
    CHECK(refused.error().detail == "a choice with too many tool calls");
  }

  TEST_CASE("a truncated stream is Broken, an unreadable one Garbled") {
    ChunkJoiner joiner(Dialect::Chat);
    const Status garbled = joiner.add("", "x");
    REQUIRE_FALSE(garbled);
    CHECK(garbled.error().kind == ErrorKind::Garbled);
    const Result<std::string> broken = joiner.finish();
    REQUIRE_FALSE(broken);
    CHECK(broken.error().kind == ErrorKind::Broken);
  }

  TEST_CASE("members of unexpected types do no harm") {
    CHECK(
        choice({R"({"choices":[5,{"index":"x","delta":5,"logprobs":5,"text":5,"finish_reason":5}]})",
                R"({"choices":[{"index":1,"delta":{"role":5,"tool_calls":[5,{"index":0,"id":5,"type":5,"function":5},)"
                R"({"function":{"name":5,"arguments":5}}],"function_call":5,"audio":5,"content":5}}]})",
                R"({"choices":{},"error":null})", "[DONE]"}) ==
        R"({"index":1,"message":{"role":"assistant","content":5,"refusal":null,"function_call":null,"audio":null,)"
        R"("tool_calls":[{"id":5,"type":5,"function":{"name":"","arguments":5}}]},"logprobs":null,"finish_reason":5})");
  }
}

}  // namespace aigw::protocol
