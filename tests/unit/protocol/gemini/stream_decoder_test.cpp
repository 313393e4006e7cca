#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/gemini/event_log.h"
#include "protocol/gemini/gemini.h"

namespace aigw::protocol::gemini {
namespace {

using Lines = std::vector<std::string>;

Lines decoded(const std::vector<std::string>& chunks) {
  EventLog log;
  const auto decoder = stream_decoder();
  for (const std::string& chunk : chunks) decoder->take("", chunk, log);
  decoder->finish(log);
  return log.lines;
}

Lines decoded_whole(const std::string& body) {
  EventLog log;
  decode_answer(Json::parse(body), log);
  return log.lines;
}

// A chunk with these parts, and other members of the candidate.
std::string chunk(const std::string& parts, const std::string& more = "") {
  return R"({"candidates":[{"content":{"role":"model","parts":[)" + parts + "]}" + more + "}]}";
}

std::string finish(const std::string& reason) {
  return R"({"candidates":[{"finishReason":")" + reason + R"(","index":0}]})";
}

// An End or a Failed is the last line, and there is no other.
bool ends_once(const Lines& lines) {
  const auto is_ending = [](const std::string& line) { return line == "end" || line.rfind("failed ", 0) == 0; };
  return !lines.empty() && is_ending(lines.back()) && std::count_if(lines.begin(), lines.end(), is_ending) == 1;
}

// What comes of parts, each in a chunk of its own, between Begin and End.
Lines content(const std::vector<std::string>& parts, const std::string& reason = "STOP") {
  std::vector<std::string> chunks;
  for (const std::string& part : parts) chunks.push_back(chunk(part));
  chunks.push_back(finish(reason));
  Lines lines = decoded(chunks);
  REQUIRE(lines.size() >= 2);
  CHECK(lines.front() == "begin  ");
  CHECK(lines.back() == "end");
  return {lines.begin() + 1, lines.end() - 1};
}

}  // namespace

TEST_SUITE("protocol/gemini/stream_decoder") {
  TEST_CASE("a stream of text") {
    CHECK(decoded({R"({"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],)"
                   R"("usageMetadata":{"promptTokenCount":7,"cachedContentTokenCount":3},)"
                   R"("modelVersion":"gemini-x","responseId":"r1"})",
                   chunk(R"({"text":"lo"})"),
                   R"({"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],)"
                   R"("usageMetadata":{"candidatesTokenCount":2,"thoughtsTokenCount":5,)"
                   R"("toolUsePromptTokenCount":1}})"}) ==
          Lines{"usage 7 cached 3 output 0 reasoning 0", "begin r1 gemini-x", "usage 7 cached 3 output 0 reasoning 0",
                "text Hel", "text lo", "usage 8 cached 3 output 7 reasoning 5", "finish Stop STOP", "end"});
  }

  TEST_CASE("members in snake_case are the same") {
    CHECK(decoded({R"({"response_id":"r1","model_version":"m","usage_metadata":{"prompt_token_count":7},)"
                   R"("candidates":[{"finish_reason":"STOP","content":{"parts":[)"
                   R"({"function_call":{"name":"f"},"thought_signature":"s"}]}}]})"}) ==
          Lines{"usage 7 cached 0 output 0 reasoning 0", "begin r1 m", "usage 7 cached 0 output 0 reasoning 0",
                "call 0  f signed s", "arguments 0 {}", "call end 0", "finish ToolCalls STOP", "end"});
  }

  TEST_CASE("each part is what it says") {
    struct Row {
      const char* name;
      std::vector<std::string> parts;
      Lines want;
    };
    const Row rows[] = {
        {"thoughts, then text",
         {R"({"text":"hm","thought":true})", R"({"text":"m","thought":true})", R"({"text":"a"})"},
         {"reasoning hm", "reasoning m", "reasoning end", "text a", "finish Stop STOP"}},
        {"thoughts alone", {R"({"text":"hm","thought":true})"}, {"reasoning hm", "reasoning end", "finish Stop STOP"}},
        {"a signed thought", {R"({"text":"hm","thought":true,"thoughtSignature":"s"})", R"({"text":"a"})"},
         {"reasoning hm", "proof s", "text a", "finish Stop STOP"}},
        {"a signed text", {R"({"text":"hm","thought":true})", R"({"text":"a","thoughtSignature":"s"})"},
         {"reasoning hm", "proof s", "text a", "finish Stop STOP"}},
        {"a signature at the end", {R"({"text":"a"})", R"({"text":"","thoughtSignature":"s"})"},
         {"text a", "proof s", "finish Stop STOP"}},
        {"a signed call after thoughts",
         {R"({"text":"hm","thought":true})",
          R"({"functionCall":{"name":"f","args":{"b":1.0,"a":[]}},"thoughtSignature":"s"})"},
         {"reasoning hm", "call 0  f signed s", R"(arguments 0 {"b":1.0,"a":[]})", "call end 0",
          "finish ToolCalls STOP"}},
        {"an unsigned call after thoughts",
         {R"({"text":"hm","thought":true})", R"({"functionCall":{"id":"c9","name":"f"}})"},
         {"reasoning hm", "reasoning end", "call 0 c9 f", "arguments 0 {}", "call end 0", "finish ToolCalls STOP"}},
        {"arguments that are no object", {R"({"functionCall":{"name":"f","args":[1]}})"},
         {"call 0  f", R"(arguments 0 {"value":[1]})", "call end 0", "finish ToolCalls STOP"}},
        {"an image", {R"({"inlineData":{"mimeType":"image/png","data":"AAAA"}})"},
         {R"(image {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})", "finish Stop STOP"}},
        {"a sound that nobody asked for", {R"({"inlineData":{"mimeType":"audio/wav","data":"AAAA"}})"},
         {"finish Stop STOP"}},
        {"code and its result",
         {R"({"text":"so"})", R"({"executableCode":{"language":"PYTHON","code":"a = 1"}})",
          R"({"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}})"},
         {"text so", "text \n```python\na = 1\n```\n", "text ```\n1\n```\n", "finish Stop STOP"}},
        {"code with a fence", {R"({"executableCode":{"code":"```"}})"}, {"text ````\n```\n````\n", "finish Stop STOP"}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(content(row.parts) == row.want);
    }
  }

  TEST_CASE("calls are counted through the whole stream, whatever their names") {
    const std::string call = R"({"functionCall":{"name":"f"}})";
    CHECK(content({call + "," + call, call}) ==
          Lines{"call 0  f", "arguments 0 {}", "call end 0", "call 1  f", "arguments 1 {}", "call end 1", "call 2  f",
                "arguments 2 {}", "call end 2", "finish ToolCalls STOP"});
  }

  TEST_CASE("each finish reason") {
    struct Row {
      const char* native;
      const char* of_text;
      const char* of_call;
    };
    const Row rows[] = {
        {"STOP", "Stop", "ToolCalls"},
        {"MAX_TOKENS", "Length", "Length"},
        {"SAFETY", "ContentFilter", "ContentFilter"},
        {"RECITATION", "ContentFilter", "ContentFilter"},
        {"BLOCKLIST", "ContentFilter", "ContentFilter"},
        {"PROHIBITED_CONTENT", "ContentFilter", "ContentFilter"},
        {"SPII", "ContentFilter", "ContentFilter"},
        {"LANGUAGE", "ContentFilter", "ContentFilter"},
        {"IMAGE_SAFETY", "ContentFilter", "ContentFilter"},
        {"IMAGE_PROHIBITED_CONTENT", "ContentFilter", "ContentFilter"},
        {"IMAGE_RECITATION", "ContentFilter", "ContentFilter"},
        {"OTHER", "Unknown", "ToolCalls"},
        {"NO_IMAGE", "Unknown", "ToolCalls"},
        {"FINISH_REASON_UNSPECIFIED", "Unknown", "ToolCalls"},
        {"MALFORMED_FUNCTION_CALL", "Stop", "ToolCalls"},
        {"UNEXPECTED_TOOL_CALL", "Stop", "ToolCalls"},
        {"TOO_MANY_TOOL_CALLS", "Stop", "ToolCalls"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.native);
      CHECK(content({R"({"text":"a"})"}, row.native).back() == std::string("finish ") + row.of_text + " " + row.native);
      CHECK(content({R"({"functionCall":{"name":"f"}})"}, row.native).back() ==
            std::string("finish ") + row.of_call + " " + row.native);
    }
  }

  TEST_CASE("a broken call and nothing else is a failure that another try may mend") {
    for (const char* reason : {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}) {
      CAPTURE(reason);
      const std::string why = std::string("The provider ended its answer with ") + reason + ".";
      CHECK(decoded({finish(reason)}).back() == "failed 502 server_error : " + why);
      CHECK(decoded_whole(finish(reason)).back() == "failed 502 server_error : " + why);
      CHECK(decoded({chunk(R"({"text":"hm","thought":true})"), finish(reason)}).back() ==
            "failed 502 server_error : " + why);
    }
  }

  TEST_CASE("a prompt that is blocked is refused") {
    CHECK(decoded_whole(R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}})") ==
          Lines{"usage 4 cached 0 output 0 reasoning 0", "begin  ", "usage 4 cached 0 output 0 reasoning 0",
                "refusal SAFETY", "finish ContentFilter SAFETY: SAFETY", "end"});
    CHECK(decoded({R"({"promptFeedback":{"blockReason":"OTHER","blockReasonMessage":"No."}})"}) ==
          Lines{"begin  ", "refusal No.", "finish ContentFilter OTHER: No.", "end"});
    CHECK(decoded_whole(R"({"candidates":[{"finishReason":"SAFETY","finishMessage":"No."}]})").at(1) ==
          "finish ContentFilter SAFETY: No.");
  }

  TEST_CASE("several candidates are several choices") {
    CHECK(decoded({R"({"candidates":[{"content":{"parts":[{"text":"a"}]}},)"
                   R"({"index":1,"content":{"parts":[{"text":"b"}]}}]})",
                   R"({"candidates":[{"index":1,"content":{"parts":[{"functionCall":{"name":"f"}}]},)"
                   R"("finishReason":"STOP"}]})",
                   finish("MAX_TOKENS")}) ==
          Lines{"begin  ", "text a", "#1 text b", "#1 call 0  f", "#1 arguments 0 {}", "#1 call end 0",
                "finish Length MAX_TOKENS", "#1 finish ToolCalls STOP", "end"});
    CHECK(decoded_whole(R"({"candidates":[{"index":1000000,"finishReason":"STOP"},)"
                        R"({"index":-5,"finishReason":"STOP"}]})") ==
          Lines{"begin  ", "#1 finish Stop STOP", "end"});
  }

  TEST_CASE("sources and probabilities come with the answer") {
    const Lines lines = decoded_whole(chunk(
        R"({"text":"a"},{"text":"b"})",
        R"(,"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]},)"
        R"("groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}}]})"));
    REQUIRE(lines.size() == 6);
    CHECK(lines[1].rfind("text a {\"content\":[{\"token\":\"a\"", 0) == 0);
    CHECK(lines[2] == "text b");
    CHECK(lines[3].find("https://a.example") != std::string::npos);
    CHECK(lines[4] == "finish Stop STOP");
  }

  TEST_CASE("a stream that ends without a reason was cut") {
    const std::string cut =
        "failed 502 server_error upstream_truncated: The provider's stream ended before the answer did.";
    CHECK(decoded({}) == Lines{cut});
    CHECK(decoded({chunk(R"({"text":"a"})")}) == Lines{"begin  ", "text a", cut});
    CHECK(decoded({R"({"usageMetadata":{}})"}) == Lines{"begin  ", cut});
    CHECK(decoded({chunk(R"({"text":"a"})"), R"({"candidates":[{"index":1,"finishReason":"STOP"}]})"}).back() == cut);
    CHECK(decoded_whole(chunk(R"({"text":"a"})")) ==
          Lines{"begin  ", "text a",
                "failed 502 server_error upstream_truncated: The provider's answer has no finish reason."});
  }

  TEST_CASE("errors end a stream, whatever comes behind them") {
    const std::string error =
        R"({"error":{"code":429,"message":"Too many.","status":"RESOURCE_EXHAUSTED"}})";
    for (const std::string& form : {error, "[" + error + "]"}) {
      CAPTURE(form);
      CHECK(decoded({chunk(R"({"text":"a"})"), form, chunk(R"({"text":"b"})"), finish("STOP")}) ==
            Lines{"begin  ", "text a", "failed 429 RESOURCE_EXHAUSTED 429: Too many."});
      CHECK(decoded_whole(form) == Lines{"failed 429 RESOURCE_EXHAUSTED 429: Too many."});
    }
    for (const char* garbage : {"nonsense", "{\"candidates\":", "[1]", "\"text\"", "7"}) {
      CAPTURE(garbage);
      CHECK(decoded({garbage, finish("STOP")}) ==
            Lines{"failed 502 server_error upstream_truncated: The provider sent an event that is not JSON."});
    }
    CHECK(decoded_whole("{}").back() == "failed 502 server_error : The provider's answer has no candidates.");
    CHECK(decoded_whole("[]") == Lines{"failed 502 server_error : The provider's answer is no JSON object."});
  }

  TEST_CASE("a stream that came as one array of its chunks is read like the stream") {
    const std::string hello = chunk(R"({"text":"a"})");
    const std::string error = R"({"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}})";
    CHECK(decoded_whole("[" + hello + "," + finish("STOP") + "]") == decoded({hello, finish("STOP")}));
    CHECK(decoded_whole("[" + hello + "]") == decoded({hello}));
    CHECK(decoded_whole("[" + hello + "," + error + "]") == decoded({hello, error}));
  }

  TEST_CASE("the size of the prompt is told ahead of the beginning, without what was generated") {
    const Lines lines = decoded({R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],)"
                                 R"("usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2}})"});
    CHECK(lines.at(0) == "usage 7 cached 0 output 0 reasoning 0");
    CHECK(lines.at(1) == "begin  ");
    CHECK(lines.at(2) == "usage 7 cached 0 output 2 reasoning 0");
  }

  TEST_CASE("[DONE] and empty events are no part of the answer") {
    CHECK(decoded({" [DONE] ", "", chunk(R"({"text":"a"})", R"(,"finishReason":"STOP")"), "[DONE]"}) ==
          Lines{"begin  ", "text a", "finish Stop STOP", "end"});
  }

  TEST_CASE("members of wrong types say nothing") {
    const char* wrong[] = {"null", "7", "-1.5", "\"x\"", "[]", "{}", "[null]", "[7,\"x\",[],{}]", "true", "1e300"};
    const char* places[] = {
        R"({"candidates":@})",
        R"({"candidates":[@]})",
        R"({"candidates":[{"index":@}]})",
        R"({"candidates":[{"content":@}]})",
        R"({"candidates":[{"content":{"parts":@}}]})",
        R"({"candidates":[{"content":{"parts":[@]}}]})",
        R"({"candidates":[{"content":{"parts":[{"text":@,"thought":true}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"text":"a","thought":@}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"text":"a","thoughtSignature":@}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"functionCall":@}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":@,"id":@,"args":@}}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"inlineData":@}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":@}}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"executableCode":@,"codeExecutionResult":@}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"executableCode":{"language":@,"code":@}}]}}]})",
        R"({"candidates":[{"finishReason":@,"finishMessage":@}]})",
        R"({"candidates":[{"groundingMetadata":@}]})",
        R"({"candidates":[{"groundingMetadata":{"groundingChunks":@,"groundingSupports":@}}]})",
        R"({"candidates":[{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u","title":@}}],"groundingSupports":)"
        R"([{"segment":{"startIndex":@,"endIndex":@},"groundingChunkIndices":@}]}}]})",
        R"({"candidates":[{"logprobsResult":@}]})",
        R"({"candidates":[{"logprobsResult":{"chosenCandidates":@,"topCandidates":@}}]})",
        R"({"candidates":[{"logprobsResult":{"chosenCandidates":[{"token":@,"logProbability":@}],)"
        R"("topCandidates":[@]}}]})",
        R"({"promptFeedback":@})",
        R"({"promptFeedback":{"blockReason":@,"blockReasonMessage":@}})",
        R"({"usageMetadata":@})",
        R"({"usageMetadata":{"promptTokenCount":@,"candidatesTokenCount":@,"thoughtsTokenCount":@}})",
        R"({"modelVersion":@,"responseId":@})",
    };
    for (const std::string place : places) {
      for (const std::string value : wrong) {
        std::string text;
        for (const char c : place) text += c == '@' ? value : std::string(1, c);
        CAPTURE(text);
        CHECK(ends_once(decoded({text, chunk(R"({"text":"z"})", R"(,"finishReason":"STOP")")})));
        CHECK(ends_once(decoded_whole(text)));
      }
    }
  }
}

}  // namespace aigw::protocol::gemini
