#include "protocol/facts.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aigw::protocol {
namespace {

EventFacts event(Dialect dialect, std::string data, std::string_view name = "") {
  data.reserve(data.size() + kPadding);
  return read_event(dialect, name, data);
}

// The flags that are set, one letter each, so that a row of a table is one line:
// p parsed, d done, i ignored, m meaningful, c content, f finished, l allows for no content, u usage only, U usage,
// E error.
std::string flags(const EventFacts& facts) {
  std::string set;
  for (const auto& [is_set, letter] :
       {std::pair(facts.parsed, 'p'), std::pair(facts.done, 'd'), std::pair(facts.ignored, 'i'),
        std::pair(facts.meaningful, 'm'),
        std::pair(facts.content, 'c'), std::pair(facts.finished, 'f'), std::pair(facts.may_be_empty, 'l'),
        std::pair(facts.usage_only, 'u'), std::pair(facts.usage.has_value(), 'U'),
        std::pair(facts.error.has_value(), 'E')}) {
    if (is_set) set += letter;
  }
  return set;
}

struct EventRow {
  std::string data;
  const char* want;
  std::size_t text_bytes = 0;
  const char* name = "";
};

void check_events(Dialect dialect, const std::vector<EventRow>& rows) {
  for (const EventRow& row : rows) {
    CAPTURE(row.data);
    CAPTURE(row.name);
    const EventFacts facts = event(dialect, row.data, row.name);
    CHECK(flags(facts) == row.want);
    CHECK(facts.text_bytes == row.text_bytes);
  }
}

// A chunk whose only choice has these members.
std::string chunk(const std::string& members) {
  return R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,)" + members +
         "}]}";
}

std::string delta(const std::string& members) { return chunk(R"("delta":{)" + members + R"(},"finish_reason":null)"); }

}  // namespace

TEST_SUITE("protocol/facts") {
  TEST_CASE("chat chunks: what has content is meaningful, what only announces is not") {
    check_events(
        Dialect::Chat,
        {
            {delta(R"("role":"assistant","content":"","refusal":null)"), "p"},
            {delta(R"("role":"assistant","content":null,"tool_calls":[],"reasoning_details":[])"), "p"},
            {delta(R"("role":"assistant","name":"bot","content":"")"), "p"},
            {delta(""), "p"},
            {delta(R"("content":"Hello")"), "pmc", 5},
            {delta(R"("content":" \n\u00e9\ud83d\ude00\"")"), "pmc", 9},
            {delta(R"("content":"half a pair \ud83d")"), "pmc", 14},
            {delta(R"("reasoning_content":"hm")"), "pmc", 2},
            {delta(R"("reasoning":"hm")"), "pmc", 2},
            {delta(R"("refusal":"no")"), "pmc", 2},
            {delta(R"("tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f",)"
                   R"("arguments":""}}])"),
             "pmc", 1},
            {delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}])"), "pmc", 4},
            {delta(R"("function_call":{"name":"f","arguments":"{}"})"), "pmc", 3},
            {delta(R"("audio":{"id":"a1","data":"UklGRg==","transcript":"hi"})"), "pmc", 2},
            {delta(R"("audio":{"id":"a1","expires_at":5})"), "p"},
            {delta(R"("images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}])"), "pmc"},
            {delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}])"), "pmc", 2},
            {delta(R"("some_new_member":"x")"), "pmc", 1},
            {chunk(R"("delta":{},"finish_reason":"stop")"), "pmf"},
            {chunk(R"("delta":{"content":"a"},"finish_reason":"tool_calls")"), "pmcf", 1},
            {chunk(R"("delta":{},"finish_reason":"length")"), "pmfl"},
            {chunk(R"("delta":{"content":""},"finish_reason":"")"), "p"},
            {R"({"choices":[]})", "p"},
            {R"({"choices":[],"prompt_filter_results":[{"prompt_index":0}],"usage":null})", "p"},
            {R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})", "puU"},
            {R"({"choices":null,"usage":{"prompt_tokens":3}})", "puU"},
            {R"({"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":3}})", "pmcU", 1},
            {R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":3}}]})", "pmfU"},
            {R"({"type":"ping"})", "p"},
            {R"({"id":"c1","unknown":{"deep":["text"]}})", "p"},
            {" [DONE] ", "d"},
            {"[DONE]\n", "d"},
        });
  }

  TEST_CASE("legacy chunks carry text") {
    check_events(
        Dialect::Completions,
        {
            {R"({"object":"text_completion","choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null}]})",
             "pmc", 2},
            {R"({"object":"text_completion","choices":[{"index":0,"text":"","finish_reason":"length"}]})", "pmfl"},
            {R"({"choices":[{"index":0,"text":"","finish_reason":null}]})", "p"},
            {R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})", "puU"},
        });
  }

  TEST_CASE("responses events: only deltas, calls and the end are meaningful") {
    check_events(
        Dialect::Responses,
        {
            {R"({"type":"response.created","response":{"id":"r","status":"in_progress","error":null,"output":[],)"
             R"("text":{"format":{"type":"text"},"verbosity":"low"}}})",
             "p"},
            {R"({"type":"response.in_progress","response":{"status":"in_progress"}})", "p"},
            {R"({"type":"response.queued","response":{"status":"queued"}})", "p"},
            {R"({"type":"keepalive","sequence_number":3})", "p"},
            {R"({"type":"response.output_item.added","item":{"id":"m","type":"message","status":"in_progress",)"
             R"("role":"assistant","content":[]}})",
             "p"},
            {R"({"type":"response.output_item.added","item":{"id":"r","type":"reasoning","summary":[],)"
             R"("encrypted_content":"gAAA"}})",
             "p"},
            {R"({"type":"response.output_item.added","item":{"type":"function_call","call_id":"c","name":"f",)"
             R"("arguments":""}})",
             "pmc"},
            {R"({"type":"response.content_part.added","part":{"type":"output_text","text":"","annotations":[]}})", "p"},
            {R"({"type":"response.reasoning_summary_part.added","part":{"type":"summary_text","text":""}})", "p"},
            {R"({"type":"response.output_text.delta","item_id":"m","delta":"Hello","logprobs":[]})", "pmc", 5},
            {R"({"type":"response.output_text.delta","delta":""})", "p"},
            {R"({"type":"response.reasoning_summary_text.delta","delta":"hm"})", "pmc", 2},
            {R"({"type":"response.refusal.delta","delta":"no"})", "pmc", 2},
            {R"({"type":"response.function_call_arguments.delta","delta":"{"})", "pmc", 1},
            {R"({"type":"response.output_audio.delta","delta":"UklGRg=="})", "pmc", 0},
            {R"({"type":"response.output_text.done","text":"Hello"})", "pmc"},
            {R"({"type":"response.output_text.done","text":""})", "p"},
            {R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text",)"
             R"("text":""}]}})",
             "p"},
            {R"({"type":"response.web_search_call.in_progress","item_id":"w"})", "p"},
            {R"({"type":"response.image_generation_call.partial_image","partial_image_b64":"AA"})", "pmc"},
            {R"({"type":"response.completed","response":{"status":"completed","error":null,)"
             R"("output":[{"type":"message","content":[{"type":"output_text","text":"Hello"}]}],)"
             R"("usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}})",
             "pdmcfU"},
            {R"({"type":"response.completed","response":{"status":"completed","output":[]}})", "pdmf"},
            {R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"},)"
             R"("output":[]}})",
             "pdmfl"},
            {R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"},)"
             R"("output":[]}})",
             "pdmfl"},
            {R"({"type":"response.failed","response":{"status":"failed","error":{"code":"server_error",)"
             R"("message":"m"}}})",
             "pdmcE"},
            {R"({"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null})", "pdmcE"},
            {R"({"delta":"Hello"})", "pmc", 5, "response.output_text.delta"},
            {R"({"response":{"status":"in_progress"}})", "p", 0, "response.created"},
        });
  }

  TEST_CASE("messages events: what has content is meaningful, announcements and pings are not") {
    check_events(
        Dialect::Messages,
        {
            {R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m",)"
             R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}})",
             "pU"},
            {R"({"type":"ping"})", "p"},
            {R"({"type":"ping","content":[{"type":"text","text":"no"}]})", "p", 2},
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})", "p"},
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}})", "pmc", 2},
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"",)"
             R"("signature":""}})",
             "p"},
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"AA"}})",
             "pmc"},
            {R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f",)"
             R"("input":{}}})",
             "pmc"},
            {R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}})", "pmc", 5},
            {R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}})", "p"},
            {R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})", "pmc", 2},
            {R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQ"}})", "pmc"},
            {R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})",
             "pmc", 4},
            {R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}})", "p"},
            {R"({"type":"content_block_stop","index":0})", "p"},
            {R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
             R"("usage":{"output_tokens":4}})",
             "pmfU"},
            {R"({"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"}})", "pmfl"},
            {R"({"type":"message_delta","delta":{"stop_reason":null,"container":{"id":"c","expires_at":"t"}}})", "p"},
            {R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"}})", "pmfl"},
            {R"({"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"}})", "pmfl"},
            {R"({"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal",)"
             R"("category":"cyber","explanation":"no"}}})",
             "pmcfl", 2},
            {R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})", "pmfl"},
            {R"({"type":"message_stop"})", "pd"},
            {R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})", "pdE"},
            {R"({"type":"something_new","data":{"deep":"text"}})", "p"},
            {R"({"delta":{"type":"text_delta","text":"Hello"}})", "pmc", 5, "content_block_delta"},
            {"{}", "pd", 0, "message_stop"},
            {"[DONE]", "i"},
            {R"({"type":"message_start","message":5,"content":{},"stop_reason":[]})", "p"},
            {R"({"type":"content_block_delta","delta":[],"content_block":"x"})", "p"},
        });
  }

  TEST_CASE("counts of a Messages stream are cumulative: what a later event names replaces what was known") {
    struct Row {
      const char* name;
      std::vector<const char*> usages;
      std::int64_t prompt;
      std::int64_t completion;
    };
    for (const Row& row : {
             Row{"the start tells the prompt, the end the completion",
                 {R"({"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100})",
                  R"({"output_tokens":42})"},
                 115, 42},
             Row{"the end tells all of it again",
                 {R"({"input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1})",
                  R"({"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":90,)"
                  R"("output_tokens":7})"},
                 102, 7},
             Row{"a part of the prompt leaves the other parts",
                 {R"({"input_tokens":0,"cache_read_input_tokens":100,"cache_creation_input_tokens":3})",
                  R"({"input_tokens":20,"output_tokens":2})"},
                 123, 2},
             Row{"null says nothing",
                 {R"({"input_tokens":10,"output_tokens":1})",
                  R"({"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":5})"},
                 10, 5},
             Row{"several ends are no sum", {R"({"output_tokens":5})", R"({"output_tokens":9})"}, 0, 9},
         }) {
      CAPTURE(row.name);
      std::optional<TokenCount> count;
      for (const char* usage : row.usages) {
        const bool first = usage == row.usages.front();
        const std::string data = first ? R"({"type":"message_start","message":{"usage":)" + std::string(usage) + "}}"
                                       : R"({"type":"message_delta","delta":{},"usage":)" + std::string(usage) + "}";
        const EventFacts facts = event(Dialect::Messages, data);
        REQUIRE(facts.usage);
        count = updated(count, *facts.usage);
      }
      CHECK(count->prompt == row.prompt);
      CHECK(count->completion == row.completion);
    }
  }

  TEST_CASE("in other dialects the last usage object counts, and cached tokens are in the prompt already") {
    std::optional<TokenCount> count;
    for (const char* usage : {R"({"prompt_tokens":9,"completion_tokens":1})",
                              R"({"prompt_tokens":5,"cache_read_input_tokens":4})"}) {
      count = updated(count, *event(Dialect::Chat, R"({"choices":[],"usage":)" + std::string(usage) + "}").usage);
    }
    CHECK(count->prompt == 5);
    CHECK(count->completion == 0);
  }

  TEST_CASE("of a dialect that is not read any JSON is meaningful") {
    check_events(Dialect::Plain,
                 {
                     {R"({"type":"image_generation.partial_image","b64_json":"AAAA"})", "pmc"},
                     {R"({"type":"transcript.text.delta","delta":"Hello"})", "pmc", 5},
                     {R"({"type":"transcript.text.done","text":"Hello","usage":{"type":"tokens","input_tokens":1,)"
                      R"("output_tokens":2}})",
                      "pmcU"},
                     {R"({"usage":{"type":"duration","seconds":5}})", "pmc"},
                     {R"({"message":"not an error here","detail":"nor this"})", "pmc"},
                     {"[1,2]", "pmc"},
                     {"5", "pmc"},
                     {"{", ""},
                     {"text", ""},
                     {R"({"error":{"message":"m"}})", "pmcE"},
                     {R"([{"error":{"message":"m"}}])", "pmcE"},
                 });
  }

  TEST_CASE("an event's errors are found and classified") {
    struct Row {
      Dialect dialect;
      std::string data;
      int status;
      const char* message;
      const char* name = "";
    };
    const std::vector<Row> rows = {
        {Dialect::Chat, R"({"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}})", 429,
         "slow down"},
        {Dialect::Chat,
         R"({"id":"c","choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":503,)"
         R"("message":"gone"}})",
         503, "gone"},
        {Dialect::Chat, R"({"choices":[{"index":0,"error":{"code":429,"message":"later"},"delta":{}}]})", 429, "later"},
        {Dialect::Chat, R"({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]})", 502,
         R"({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]})"},
        {Dialect::Chat, R"({"error":"overloaded"})", 502, "overloaded"},
        {Dialect::Chat, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", 503,
         "Overloaded"},
        {Dialect::Chat, R"({"object":"error","message":"too long","type":"BadRequestError","code":400})", 400,
         "too long"},
        {Dialect::Chat, R"({"message":"no such key","code":"invalid_api_key"})", 401, "no such key"},
        {Dialect::Chat, R"({"detail":"Not authenticated"})", 502, "Not authenticated"},
        {Dialect::Chat, R"({"message":"boom"})", 502, "boom", "error"},
        {Dialect::Chat, "upstream <b>gone</b>", 502, "upstream gone", "error"},
        {Dialect::Chat, R"([{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}])", 429, "Quota"},
        {Dialect::Completions, R"({"error":{"message":"m","type":"insufficient_quota","code":null}})", 429, "m"},
        {Dialect::Responses, R"({"type":"error","code":"rate_limit_exceeded","message":"slow down"})", 429,
         "slow down"},
        {Dialect::Responses, R"({"type":"error","error":{"type":"server_error","code":"overloaded","message":"m"}})",
         503, "m"},
        {Dialect::Responses,
         R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow"}}})", 429,
         "slow"},
        {Dialect::Responses, R"({"error":{"message":"m"}})", 502, "m"},
        {Dialect::Messages, R"({"type":"error","error":{"type":"rate_limit_error","message":"slow"}})", 429, "slow"},
        {Dialect::Messages, R"({"type":"error","error":{"type":"api_error","message":"Internal"}})", 502, "Internal"},
        {Dialect::Messages, R"({"message":"boom"})", 502, "boom"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.data);
      const EventFacts facts = event(row.dialect, row.data, row.name);
      REQUIRE(facts.error);
      CHECK(facts.error->status == row.status);
      CHECK(facts.error->message == row.message);
    }
  }

  TEST_CASE("an error member that says nothing is no error") {
    for (const char* value : {"null", "false", "\"\"", "{}", "{ }", "0", "[]"}) {
      CAPTURE(value);
      CHECK_FALSE(event(Dialect::Chat, R"({"choices":[],"error":)" + std::string(value) + "}").error);
      CHECK_FALSE(event(Dialect::Plain, R"({"error":)" + std::string(value) + "}").error);
    }
  }

  TEST_CASE("no piece of an event is taken for an event") {
    const std::string whole =
        R"({"id":"c1","choices":[{"index":0,"delta":{"content":"a\"b","tool_calls":[{"function":{"name":"f"}}]},)"
        R"("finish_reason":null}],"usage":{"prompt_tokens":12}})";
    REQUIRE(flags(event(Dialect::Chat, whole)) == "pmcU");
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
      CAPTURE(bytes);
      CHECK(flags(event(Dialect::Chat, whole.substr(0, bytes))) == "");
      CHECK(flags(event(Dialect::Chat, whole.substr(whole.size() - bytes))) == "");
    }
    for (const char* tail : {"x", "{}", "]", " 1", ",", "\"\""}) {
      CAPTURE(tail);
      CHECK(flags(event(Dialect::Chat, whole + tail)) == "");
    }
    CHECK(flags(event(Dialect::Chat, " " + whole + "\n")) == "pmcU");
    CHECK(flags(event(Dialect::Chat, R"({"choices":[{"delta":{"content":")"
                                     "\xC3"
                                     R"("}}]})")) == "");
  }

  TEST_CASE("members of unexpected types are passed over") {
    check_events(Dialect::Chat,
                 {
                     {R"({"choices":{"a":1}})", "p"},
                     {R"({"choices":[1,null,"x",[]],"usage":[1]})", "p"},
                     {R"({"choices":[{"delta":"text","finish_reason":5,"usage":5,"error":5}]})", "p"},
                     {R"({"choices":[{"delta":null,"message":[]}],"usage":"many"})", "p"},
                     {R"({"type":5,"object":[],"status":{},"response":[],"incomplete_details":5,"output":{}})", "p"},
                 });
  }

  TEST_CASE("usage is read under every dialect's names") {
    struct Row {
      const char* usage;
      std::int64_t prompt;
      std::int64_t completion;
    };
    for (const Row& row : {Row{R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,)"
                               R"("prompt_tokens_details":{"cached_tokens":1}})",
                               3, 4},
                           Row{R"({"input_tokens":3,"output_tokens":4})", 3, 4},
                           Row{R"({"input_tokens":9,"prompt_tokens":3,"output_tokens":9,"completion_tokens":4})", 3, 4},
                           Row{R"({"prompt_tokens":3,"input_tokens":9,"completion_tokens":4,"output_tokens":9})", 3, 4},
                           Row{R"({"prompt_tokens":3,"total_tokens":3})", 3, 0}, Row{R"({"total_tokens":8})", 8, 0},
                           Row{R"({"completion_tokens":4,"total_tokens":8})", 0, 4},
                           Row{R"({"prompt_tokens":3.0,"completion_tokens":null})", 3, 0},
                           Row{R"({"prompt_tokens":-5,"completion_tokens":1e300})", 0, 1'000'000'000'000}}) {
      CAPTURE(row.usage);
      const EventFacts facts = event(Dialect::Chat, R"({"choices":[],"usage":)" + std::string(row.usage) + "}");
      REQUIRE(facts.usage);
      const TokenCount count = updated(std::nullopt, *facts.usage);
      CHECK(count.prompt == row.prompt);
      CHECK(count.completion == row.completion);
    }
  }

  TEST_CASE("what the cache did is a part of the prompt, under every dialect's names") {
    struct Row {
      Dialect dialect;
      const char* usage;
      std::int64_t prompt, read, written;
    };
    for (const Row& row :
         {Row{Dialect::Chat, R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4}})", 9, 4, 0},
          Row{Dialect::Chat, R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3}})",
              9, 4, 3},
          Row{Dialect::Chat, R"({"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5,"prompt_tokens":9})", 9, 4, 0},
          Row{Dialect::Chat, R"({"prompt_tokens":9,"prompt_tokens_details":null})", 9, 0, 0},
          Row{Dialect::Chat, R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":99}})", 9, 9, 0},
          Row{Dialect::Chat, R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":"4","audio_tokens":[]}})", 9,
              0, 0},
          Row{Dialect::Responses, R"({"input_tokens":9,"input_tokens_details":{"cached_tokens":4}})", 9, 4, 0},
          Row{Dialect::Messages, R"({"input_tokens":2,"cache_read_input_tokens":4,"cache_creation_input_tokens":3})", 9,
              4, 3}}) {
      CAPTURE(row.usage);
      const char* const rest = row.dialect == Dialect::Chat ? R"({"choices":[],"usage":)" : R"({"usage":)";
      const EventFacts facts = event(row.dialect, rest + std::string(row.usage) + "}");
      REQUIRE(facts.usage);
      const TokenCount count = updated(std::nullopt, *facts.usage);
      CHECK(count.prompt == row.prompt);
      CHECK(count.cache_read == row.read);
      CHECK(count.cache_write == row.written);
    }
  }
}

}  // namespace aigw::protocol
