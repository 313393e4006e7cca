#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/recorder.h"

namespace aigw::protocol::chat {
namespace {

// What the events of a stream come to. "EOF" in place of `[DONE]`: nothing.
std::string decode(const std::vector<std::string>& events) {
  Recorder recorder;
  const std::unique_ptr<StreamDecoder> decoder = stream_decoder();
  for (const std::string& event : events) decoder->take("", event, recorder);
  decoder->finish(recorder);
  return recorder.lines;
}

std::string delta(const std::string& members, const std::string& rest = "") {
  return R"({"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{)" + members + "}" + rest + "}]}";
}

std::string calls(const std::string& pieces) { return delta(R"("tool_calls":[)" + pieces + "]"); }

const std::string kStop = delta("", R"(,"finish_reason":"stop")");
const std::string kToolCalls = delta("", R"(,"finish_reason":"tool_calls")");

std::string decode_whole(const std::string& text) {
  Recorder recorder;
  decode_answer(Json::parse(text), recorder);
  return recorder.lines;
}

// The lines between begin and finish.
std::string content(const std::string& lines) {
  const std::size_t begin = lines.find('\n') + 1;
  return lines.substr(begin, lines.find("finish") - begin);
}

}  // namespace

TEST_SUITE("protocol/chat/answer_decoder") {
  TEST_CASE("a stream becomes events") {
    CHECK(decode({R"({"id":"","model":"","created":0,"choices":[],"prompt_filter_results":[1]})",
                  delta(R"("role":"assistant","content":"","refusal":null)"), delta(R"("content":"Hel")"),
                  delta(R"("content":"lo")"), kStop,
                  R"({"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,)"
                  R"("prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},)"
                  R"("completion_tokens_details":{"reasoning_tokens":1}}})",
                  " [DONE] ", delta(R"("content":"too late")")}) ==
          "begin c1 m 7\ntext Hel\ntext lo\nfinish 0 stop\nusage 9 3 2 4 1\nend\n");
  }

  TEST_CASE("all of one delta counts, in order, and what comes behind the finish reason, too") {
    CHECK(decode({delta(R"("content":"b","refusal":"c","reasoning":"ignored","reasoning_content":"a",)"
                        R"("tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"}}])",
                        R"(,"finish_reason":"tool_calls")"),
                  delta(R"("content":"d")"), "[DONE]"}) ==
          "begin c1 m 7\nreasoning a\nreasoning-end\ntext b\nrefusal c\ncall 0 1 f\narguments 0 {}\ntext d\n"
          "call-end 0\nfinish 4 tool_calls because c\nend\n");
  }

  TEST_CASE("each way to say a thing is read") {
    struct Row {
      const char* name;
      std::string delta;
      std::string want;
    };
    const std::string sealed = canonical::seal(canonical::Vendor::Google, "sig", false);
    for (const Row& row : {
             Row{"empty and null open nothing", R"("content":"","refusal":null,"reasoning_content":"",)"
                                                R"("tool_calls":[])", ""},
             Row{"reasoning", R"("reasoning":"r")", "reasoning r\nreasoning-end\n"},
             Row{"an empty member does not hide the next", R"("reasoning_content":"","reasoning":"r")",
                 "reasoning r\nreasoning-end\n"},
             Row{"reasoning_details", R"("reasoning_details":[{"text":"a"},{"summary":"b"},7])",
                 "reasoning ab\nreasoning-end\n"},
             Row{"parts", R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},)"
                          R"({"type":"text","text":"a"},{"type":"text","text":"b"}])",
                 "reasoning r\nreasoning-end\ntext a\ntext b\n"},
             Row{"a whole block without its text before",
                 R"("thinking_blocks":[{"type":"thinking","thinking":"r","signature":"s"}])",
                 "reasoning r\nreasoning-end 1:s\n"},
             Row{"a piece of a block beside the same text",
                 R"("reasoning_content":"r","thinking_blocks":[{"type":"thinking","thinking":"r"}])",
                 "reasoning r\nreasoning-end\n"},
             Row{"a redacted block", R"("thinking_blocks":[{"type":"redacted_thinking","data":"d"}])",
                 "reasoning-end 1:d redacted\n"},
             Row{"another vendor's proof",
                 R"("thinking_blocks":[{"type":"thinking","thinking":"","signature":")" + sealed + R"("}])",
                 "reasoning-end 3:sig\n"},
             Row{"legacy function_call", R"("function_call":{"name":"f","arguments":"{}"})",
                 "call 0  f\narguments 0 {}\ncall-end 0\n"},
             Row{"a custom call", R"("tool_calls":[{"index":0,"id":"1","type":"custom","custom":{"name":"f",)"
                                  R"("input":"x"}}])",
                 "call 0 1 f custom\narguments 0 x\ncall-end 0\n"},
             Row{"a signed call", R"("tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"},)"
                                  R"("extra_content":{"google":{"thought_signature":"g"}}}])",
                 "call 0 1 f signed g\narguments 0 {}\ncall-end 0\n"},
             Row{"arguments as a tree", R"("tool_calls":[{"index":0,"function":{"name":"f","arguments":{"a":1}}}])",
                 "call 0  f\narguments 0 {\"a\":1}\ncall-end 0\n"},
             Row{"annotations", R"("annotations":[{"type":"url_citation"}])",
                 "annotations [{\"type\":\"url_citation\"}]\n"},
             Row{"images", R"("images":[{"type":"image_url"},7])", "image {\"type\":\"image_url\"}\n"},
             Row{"wrong types", R"("content":7,"refusal":[],"tool_calls":{"a":1},"reasoning":{},"thinking_blocks":[7,)"
                                R"(null])", ""},
         }) {
      CAPTURE(row.name);
      CHECK(content(decode({delta(row.delta), kStop, "[DONE]"})) == row.want);
    }
  }

  TEST_CASE("a proof ends the reasoning that was streamed before it") {
    CHECK(content(decode({delta(R"("reasoning_content":"a")"), delta(R"("reasoning_content":"b")"),
                          delta(R"("thinking_blocks":[{"type":"thinking","thinking":"ab","signature":"s"}])"),
                          delta(R"("reasoning_content":"c")"),
                          delta(R"("thinking_blocks":[{"type":"thinking","thinking":"c","signature":"t"}])"),
                          delta(R"("content":"x")"), kStop, "[DONE]"})) ==
          "reasoning a\nreasoning b\nreasoning-end 1:s\nreasoning c\nreasoning-end 1:t\ntext x\n");
    CHECK(content(decode({delta(R"("reasoning_content":"a")"), delta(R"("content":"x")"),
                          delta(R"("thinking_blocks":[{"type":"thinking","thinking":"a","signature":"late"}])"), kStop,
                          "[DONE]"})) == "reasoning a\nreasoning-end\ntext x\n");
  }

  TEST_CASE("calls are told apart as rule 5 says") {
    struct Row {
      const char* name;
      std::vector<std::string> pieces;
      const char* want;
    };
    for (const Row& row : {
             Row{"by index, interleaved",
                 {R"({"index":0,"id":"1","function":{"name":"f","arguments":""}})",
                  R"({"index":1,"id":"2","function":{"name":"g","arguments":""}})",
                  R"({"index":1,"function":{"arguments":"{\"b\""}},{"index":0,"function":{"arguments":"{}"}})",
                  R"({"index":1,"function":{"arguments":":1}"}})"},
                 "call 0 1 f\ncall 1 2 g\narguments 1 {\"b\"\narguments 0 {}\narguments 1 :1}\n"
                 "call-end 0\ncall-end 1\n"},
             Row{"index 0 for every call",
                 {R"({"index":0,"id":"1","function":{"name":"f","arguments":"{}"}})",
                  R"({"index":0,"id":"2","function":{"name":"g","arguments":"[]"}})"},
                 "call 0 1 f\narguments 0 {}\ncall 1 2 g\narguments 1 []\ncall-end 0\ncall-end 1\n"},
             Row{"index 0 for every call, no id",
                 {R"({"index":0,"function":{"name":"f","arguments":"{}"}})",
                  R"({"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}})"},
                 "call 0  f\narguments 0 {}\ncall 1  f\narguments 1 {\"a\":1}\ncall-end 0\ncall-end 1\n"},
             Row{"id and name repeated",
                 {R"({"index":0,"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\""}})",
                  R"({"index":0,"id":"1","type":"function","function":{"name":"f","arguments":":1}"}})"},
                 "call 0 1 f\narguments 0 {\"a\"\narguments 0 :1}\ncall-end 0\n"},
             Row{"no index: a new id",
                 {R"({"id":"1","function":{"name":"f","arguments":"{"}})", R"({"function":{"arguments":"}"}})",
                  R"({"id":"2","function":{"name":"g","arguments":"{}"}})"},
                 "call 0 1 f\narguments 0 {\narguments 0 }\ncall 1 2 g\narguments 1 {}\ncall-end 0\ncall-end 1\n"},
             Row{"no index, no id: a name behind finished arguments",
                 {R"({"function":{"name":"f","arguments":"{}"}})", R"({"function":{"name":"g","arguments":"{}"}})"},
                 "call 0  f\narguments 0 {}\ncall 1  g\narguments 1 {}\ncall-end 0\ncall-end 1\n"},
             Row{"a name in pieces",
                 {R"({"index":0,"id":"1","function":{"name":"get_"}})", R"({"index":0,"function":{"name":"time"}})",
                  R"({"index":0,"function":{"arguments":"{}"}})"},
                 "call 0 1 get_time\narguments 0 {}\ncall-end 0\n"},
             Row{"arguments before the name",
                 {R"({"index":0,"id":"1","function":{"arguments":"{\"a\""}})",
                  R"({"index":0,"function":{"name":"f","arguments":":1}"}})"},
                 "call 0 1 f\narguments 0 {\"a\":1}\ncall-end 0\n"},
             Row{"no arguments at all", {R"({"index":3,"id":"1","function":{"name":"f"}})"},
                 "call 0 1 f\ncall-end 0\n"},
             Row{"neither name nor arguments", {R"({"index":0,"id":"1"})", "7", "null"}, ""},
         }) {
      CAPTURE(row.name);
      std::vector<std::string> events;
      for (const std::string& piece : row.pieces) events.push_back(calls(piece));
      events.push_back(kToolCalls);
      events.push_back("[DONE]");
      CHECK(content(decode(events)) == row.want);
    }
  }

  TEST_CASE("text between the fragments of a call keeps its place") {
    CHECK(content(decode({calls(R"({"index":0,"id":"1","function":{"name":"f","arguments":""}})"),
                          delta(R"("content":"x")"), calls(R"({"index":0,"function":{"arguments":"{}"}})"), kToolCalls,
                          "[DONE]"})) == "call 0 1 f\ntext x\narguments 0 {}\ncall-end 0\n");
  }

  TEST_CASE("finish reasons") {
    struct Row {
      const char* members;
      const char* want;
    };
    for (const Row& row : {
             Row{R"("finish_reason":"stop")", "finish 0 stop\n"},
             Row{R"("finish_reason":"length")", "finish 2 length\n"},
             Row{R"("finish_reason":"function_call")", "finish 4 function_call\n"},
             Row{R"("finish_reason":"content_filter")", "finish 5 content_filter\n"},
             Row{R"("finish_reason":"odd")", "finish 7 odd\n"},
             Row{R"("finish_reason":"stop","native_finish_reason":"end_turn")", "finish 0 end_turn\n"},
             Row{R"("finish_reason":"stop","stop_reason":"END")", "finish 1 stop met END\n"},
             Row{R"("finish_reason":"stop","matched_stop":"###")", "finish 1 stop met ###\n"},
             Row{R"("finish_reason":"stop","stop_reason":151645,"matched_stop":2)", "finish 0 stop\n"},
             Row{R"("finish_reason":"tool_calls","stop_reason":"END")", "finish 4 tool_calls\n"},
         }) {
      CAPTURE(row.members);
      const std::string lines = decode({delta("", std::string(",") + row.members), "[DONE]"});
      CHECK(lines == std::string("begin c1 m 7\n") + row.want + "end\n");
      CHECK(decode_whole(std::string(R"({"id":"c1","created":7,"model":"m","choices":[{"message":{"content":""},)") +
                         row.members + "}]}") == lines);
    }
  }

  TEST_CASE("the last usage counts, wherever it stands") {
    const auto usage = [](int prompt) { return R"("usage":{"prompt_tokens":)" + std::to_string(prompt) + "}"; };
    const auto chunk = [&](int prompt) {
      return R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}],)" + usage(prompt) + "}";
    };
    CHECK(decode({chunk(1), chunk(2), R"({"usage":null})", "[DONE]"}) ==
          "begin   0\ntext a\ntext a\nfinish 0 stop\nusage 2 0 0 0 0\nend\n");
    CHECK(decode({chunk(1), "{" + usage(3) + "}", "[DONE]"}).find("usage 3 ") != std::string::npos);
  }

  TEST_CASE("cached tokens are read in both forms, and counts that make no sense are none") {
    const std::string begin = R"({"id":"c1","choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":)";
    CHECK(decode_whole(begin + R"({"prompt_tokens":5,"prompt_cache_hit_tokens":4}})").find("usage 5 4 0 0 0") !=
          std::string::npos);
    CHECK(decode_whole(begin + R"({"prompt_tokens":-5,"completion_tokens":"x","prompt_tokens_details":7}})")
              .find("usage 0 0 0 0 0") != std::string::npos);
  }

  TEST_CASE("a stream may end in three ways, and each other one is a failure") {
    const std::string text = delta(R"("content":"a")");
    struct Row {
      const char* name;
      std::vector<std::string> events;
      const char* want;
    };
    const char* const cut = "failed 502 server_error upstream_truncated\n";
    for (const Row& row : {
             Row{"done without a reason", {text, "[DONE]"}, "begin c1 m 7\ntext a\nfinish 0 \nend\n"},
             Row{"a reason without done", {text, kStop}, "begin c1 m 7\ntext a\nfinish 0 stop\nend\n"},
             Row{"nothing but done", {"[DONE]"}, "failed 502 server_error \n"},
             Row{"usage without a choice", {R"({"choices":[],"usage":{"prompt_tokens":1}})", "[DONE]"},
                 "failed 502 server_error \n"},
             Row{"neither", {text}, "begin c1 m 7\ntext a\nfailed 502 server_error upstream_truncated\n"},
             Row{"nothing at all", {}, cut},
             Row{"one choice of two unfinished",
                 {kStop, R"({"choices":[{"index":1,"delta":{"content":"a"}}]})"},
                 "begin c1 m 7\n#1 text a\nfailed 502 server_error upstream_truncated\n"},
             Row{"no JSON", {"{oops", text}, cut},
             Row{"no object", {"[1]"}, cut},
             Row{"an error",
                 {R"({"error":{"message":"m","type":"rate_limit_error","code":"rate_limit_exceeded"}})", text},
                 "failed 429 rate_limit_error rate_limit_exceeded\n"},
             Row{"an error of vLLM", {R"({"object":"error","message":"m","type":"x","code":400})"},
                 "failed 400 x 400\n"},
             Row{"an error in a choice", {R"({"choices":[{"error":{"message":"m","code":503},"delta":{}}]})"},
                 "failed 503  503\n"},
             Row{"a null error", {R"({"error":null,"choices":[{"delta":{"content":"a"}}]})", "[DONE]"},
                 "begin   0\ntext a\nfinish 0 \nend\n"},
             Row{"arguments of a call without a name",
                 {calls(R"({"index":0,"function":{"arguments":"{}"}})"), "[DONE]"},
                 "begin c1 m 7\nfailed 502 server_error \n"},
         }) {
      CAPTURE(row.name);
      CHECK(decode(row.events) == row.want);
    }
    Recorder recorder;
    stream_decoder()->take("error", R"({"message":"overloaded","code":"overloaded"})", recorder);
    CHECK(recorder.lines == "failed 503  overloaded\n");
  }

  TEST_CASE("a stream that is cut after any event fails or is whole, never something between") {
    const std::vector<std::string> events = {
        delta(R"("role":"assistant")"),  delta(R"("reasoning_content":"r")"),
        delta(R"("content":"a")"),       calls(R"({"index":0,"id":"1","function":{"name":"f","arguments":"{"}})"),
        calls(R"({"index":0,"function":{"arguments":"}"}})"), kToolCalls, "[DONE]"};
    const std::string whole = decode(events);
    for (std::size_t count = 0; count < events.size(); ++count) {
      CAPTURE(count);
      const std::string lines = decode({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count)});
      const bool has_reason = count == 6;
      CHECK((has_reason ? lines == whole : lines.find("failed 502") != std::string::npos));
      CHECK((lines.find("finish") != std::string::npos) == has_reason);
    }
  }

  TEST_CASE("choices are kept apart") {
    CHECK(decode({R"({"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"b"}},{"index":0,)"
                  R"("delta":{"content":"a"}}]})",
                  R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"f"}}]},)"
                  R"("finish_reason":"tool_calls"}]})",
                  R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"},{"index":-1,"delta":{"content":"x"}},)"
                  R"({"index":99999,"delta":{"content":"x"}},7]})"}) ==
          "begin c m 0\n#1 text b\ntext a\ncall 0 1 f\ncall-end 0\nfinish 4 tool_calls\n#1 finish 2 length\nend\n");
  }

  TEST_CASE("log probabilities come with their text") {
    CHECK(content(decode({delta(R"("content":"a")", R"(,"logprobs":{"content":[{"token":"a"}],"refusal":null})"),
                          delta(R"("content":"b")", R"(,"logprobs":{"content":[],"refusal":null})"),
                          delta("", R"(,"logprobs":{"content":[{"token":"c"}]})"), kStop, "[DONE]"})) ==
          "text a {\"content\":[{\"token\":\"a\"}],\"refusal\":null}\n"
          "text b\ntext  {\"content\":[{\"token\":\"c\"}]}\n");
  }

  TEST_CASE("a whole answer becomes the same events") {
    CHECK(decode_whole(
              R"({"id":"chatcmpl-1","object":"chat.completion","created":9,"model":"m","choices":[)"
              R"({"index":1,"message":{"role":"assistant","content":[{"type":"text","text":"b"}]},)"
              R"("finish_reason":"stop"},)"
              R"({"index":0,"message":{"role":"assistant","content":"a","refusal":null,"reasoning_content":"both",)"
              R"("thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking",)"
              R"("data":"d"}],)"
              R"("tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},)"
              R"({"id":"1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":"tool_calls"}],)"
              R"("usage":{"prompt_tokens":3,"completion_tokens":2}})") ==
          "begin chatcmpl-1 m 9\nreasoning t\nreasoning-end 1:s\nreasoning-end 1:d redacted\ntext a\n"
          "call 0 1 f\narguments 0 {}\n#1 text b\ncall 1 1 f\ncall-end 0\ncall-end 1\nfinish 4 tool_calls\n"
          "#1 finish 0 stop\nusage 3 0 0 2 0\nend\n");
  }

  TEST_CASE("the choice with the lowest index is the answer, whatever its index") {
    CHECK(content(decode_whole(R"({"choices":[{"index":4,"message":{"content":"b"}},{"index":2,)"
                               R"("message":{"content":"a"}}]})")) ==
          "text a\n#1 text b\n");
  }

  TEST_CASE("a whole answer without an answer is a failure") {
    for (const char* body : {"{}", R"({"choices":[]})", R"({"choices":null})", R"({"choices":[{"index":0}]})",
                             R"({"choices":[7]})", R"({"choices":[{"message":"x"}]})"}) {
      CAPTURE(body);
      CHECK(decode_whole(body) == "failed 502 server_error \n");
    }
    CHECK(decode_whole(R"({"error":{"message":"no","code":"context_length_exceeded"}})") ==
          "failed 400  context_length_exceeded\n");
  }
}

}  // namespace aigw::protocol::chat
