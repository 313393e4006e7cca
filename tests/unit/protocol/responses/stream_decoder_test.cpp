#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "event_log.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

// What the events of a stream come to.
std::string decoded(const std::vector<std::string>& events) {
  EventLog log;
  const auto decoder = stream_decoder();
  for (const std::string& event : events) decoder->take("", event, log);
  decoder->finish(log);
  return log.text;
}

std::string event(const std::string& type, const std::string& members) {
  return R"({"type":"response.)" + type + "\"," + members + "}";
}

const std::string kCreated = event("created", R"("response":{"id":"resp_1","model":"m","created_at":7.0})");
const std::string kBegin = "begin|resp_1|m|7\n";

std::string completed(const std::string& output) {
  return event("completed", R"("response":{"status":"completed","output":[)" + output + "]}");
}

// A whole answer with these items.
std::string whole(const std::string& items, const std::string& members = R"("status":"completed")") {
  EventLog log;
  const Result<Json> body = parse_object(R"({"id":"resp_1","model":"m","created_at":7,)" + members +
                                         R"(,"output":[)" + items + "]}");
  REQUIRE(body);
  decode_answer(*body, log);
  return log.text;
}

struct Row {
  std::string name;
  std::vector<std::string> events;
  std::string want;  // behind the Begin
};

}  // namespace

TEST_SUITE("protocol/responses/stream_decoder") {
  TEST_CASE("events of items become canonical events, and nothing is told twice") {
    const std::string added_call =
        event("output_item.added", R"("output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c1",)"
                                   R"("name":"f","arguments":""})");
    const std::string whole_call =
        R"({"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"})";
    const std::string text_item = R"({"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Hello",)"
                                  R"("annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,)"
                                  R"("end_index":1}]}]})";
    const std::string annotated =
        R"(annotations|[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}}])"
        "\n";
    const std::vector<Row> rows = {
        {"text in pieces",
         {event("output_text.delta", R"("item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel")"),
          event("output_text.delta", R"("item_id":"msg_1","output_index":0,"content_index":0,"delta":"lo")"),
          event("output_text.done", R"("item_id":"msg_1","output_index":0,"content_index":0,"text":"Hello")"),
          event("output_item.done", R"("output_index":0,"item":)" + text_item), completed(text_item)},
         "text|Hel\ntext|lo\n" + annotated + "finish|stop\nend\n"},
        {"text that was streamed in part", {event("output_text.delta", R"("output_index":0,)"
            R"("delta":"Hel")"), completed(text_item)},
         "text|Hel\ntext|lo\n" + annotated + "finish|stop\nend\n"},
        {"text that was not streamed", {completed(text_item)}, "text|Hello\n" + annotated + "finish|stop\nend\n"},
        {"an empty output at the end erases nothing",
         {event("output_text.delta", R"("output_index":0,"delta":"Hello")"), completed("")},
         "text|Hello\nfinish|stop\nend\n"},
        {"arguments in pieces",
         {added_call, event("function_call_arguments.delta", R"("item_id":"fc_1","output_index":0,"delta":"{\"a\":")"),
          event("function_call_arguments.delta", R"("item_id":"fc_1","output_index":0,"delta":"1}")"),
          event("function_call_arguments.done", R"("item_id":"fc_1","output_index":0,"arguments":"{\"a\":1}")"),
          event("output_item.done", R"("output_index":0,"item":)" + whole_call), completed(whole_call)},
         "call|0|c1|f\narguments|0|{\"a\":\narguments|0|1}\ncall end|0\nfinish|calls\nend\n"},
        {"arguments by their done alone",
         {added_call, event("function_call_arguments.done", R"("item_id":"fc_1","output_index":0,"arguments":"{}")"),
          completed("")},
         "call|0|c1|f\narguments|0|{}\ncall end|0\nfinish|calls\nend\n"},
        {"a call by its done alone", {event("output_item.done", R"("output_index":0,)"
            R"("item":)" + whole_call), completed("")},
         "call|0|c1|f\narguments|0|{\"a\":1}\ncall end|0\nfinish|calls\nend\n"},
        {"a call at the end alone", {completed(whole_call)},
         "call|0|c1|f\narguments|0|{\"a\":1}\ncall end|0\nfinish|calls\nend\n"},
        {"ids that change with each event are told by the place",
         {added_call, event("function_call_arguments.delta", R"("item_id":"x","output_index":0,"delta":"{\"a\":1}")"),
          event("output_item.done",
                R"("output_index":0,"item":{"id":"y","type":"function_call","call_id":"c1","name":"f",)"
                R"("arguments":"{\"a\":1}"})"),
          completed(R"({"id":"z","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"})")},
         "call|0|c1|f\narguments|0|{\"a\":1}\ncall end|0\nfinish|calls\nend\n"},
        {"several calls are open together",
         {event("output_item.added", R"("output_index":0,"item":{"id":"a","type":"function_call","call_id":"c1",)"
                                     R"("name":"f"})"),
          event("output_item.added", R"("output_index":1,"item":{"id":"b","type":"custom_tool_call",)"
                                     R"("call_id":"c2","name":"g"})"),
          event("custom_tool_call_input.delta", R"("item_id":"b","output_index":1,"delta":"hi")"),
          event("function_call_arguments.delta", R"("item_id":"a","output_index":0,"delta":"{}")"),
          event("custom_tool_call_input.done", R"("item_id":"b","output_index":1,"input":"hi")"), completed("")},
         "call|0|c1|f\ncustom|1|c2|g\narguments|1|hi\narguments|0|{}\ncall end|1\ncall end|0\nfinish|calls\nend\n"},
        {"calls that all have the same place",
         {event("output_item.added", R"("output_index":0,"item":{"id":"a","type":"function_call","call_id":"c1",)"
                                     R"("name":"f"})"),
          event("output_item.added", R"("output_index":0,"item":{"id":"b","type":"function_call","call_id":"c2",)"
                                     R"("name":"g"})"),
          event("function_call_arguments.delta", R"("item_id":"a","output_index":0,"delta":"1")"),
          event("function_call_arguments.delta", R"("item_id":"b","output_index":0,"delta":"2")"), completed("")},
         "call|0|c1|f\ncall|1|c2|g\narguments|0|1\narguments|1|2\ncall end|0\ncall end|1\nfinish|calls\nend\n"},
        {"parts of a summary are paragraphs, and the proof comes with the item",
         {event("output_item.added", R"("output_index":0,"item":{"id":"rs","type":"reasoning","summary":[]})"),
          event("reasoning_summary_text.delta", R"("item_id":"rs","output_index":0,"summary_index":0,"delta":"A")"),
          event("reasoning_summary_text.delta", R"("item_id":"rs","output_index":0,"summary_index":1,"delta":"B")"),
          event("output_item.done", R"("output_index":0,"item":{"id":"rs","type":"reasoning",)"
                                    R"("encrypted_content":"E","summary":[)"
                R"({"type":"summary_text","text":"A"},{"type":"summary_text","text":"B"}]})"),
          completed("")},
         "reasoning|A\nreasoning|\n\n\nreasoning|B\nreasoning end|E\nfinish|stop\nend\n"},
        {"open reasoning counts once, though its summary comes, too",
         {event("reasoning_text.delta", R"("item_id":"rs","output_index":0,"content_index":0,"delta":"A")"),
          event("reasoning_summary_text.delta", R"("item_id":"rs","output_index":0,"summary_index":0,"delta":"S")"),
          completed("")},
         "reasoning|A\nreasoning end\nfinish|stop\nend\n"},
        {"a refusal", {event("refusal.delta", R"("output_index":0,"delta":"No")"), completed("")},
         "refusal|No\nfinish|filter\nend\n"},
        {"log probabilities in Chat's form",
         {event("output_text.delta", R"("output_index":0,"delta":"a","logprobs":[{"token":"a",)"
                                     R"("logprob":-1}])"), completed("")},
         R"(text|a|{"content":[{"token":"a","logprob":-1,"bytes":null}],"refusal":null})"
         "\nfinish|stop\nend\n"},
        {"an incomplete response",
         {event("incomplete", R"("response":{"status":"incomplete",)"
                              R"("incomplete_details":{"reason":"max_output_tokens"}})")},
         "finish|length|max_output_tokens\nend\n"},
        {"a filtered one with a call",
         {added_call, event("incomplete", R"("response":{"incomplete_details":{"reason":"content_filter"}})")},
         "call|0|c1|f\ncall end|0\nfinish|filter|content_filter\nend\n"},
        {"usage",
         {event("completed", R"("response":{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,)"
                             R"("cache_write_tokens":2},)"
                R"("output_tokens":5,"output_tokens_details":{"reasoning_tokens":3}}})")},
         "finish|stop\nusage|9|4|2|5|3\nend\n"},
        {"unknown events and items",
         {event("future.delta", R"("delta":"x")"), R"({"type":"ping"})",
          event("output_item.added", R"("output_index":0,"item":{"id":"w","type":"web_search_call"})"), completed("")},
         "finish|stop\nend\n"},
        {"a failed response",
         {event("failed", R"("response":{"error":{"code":"rate_limit_exceeded",)"
                          R"("message":"Slow down."}})"), completed("")},
         "failed|429|rate_limit_exceeded|Slow down.\n"},
        {"an error", {R"({"type":"error","code":"rate_limit_exceeded","message":"Oops.","param":null})"},
         "failed|429|rate_limit_exceeded|Oops.\n"},
        {"no end", {event("output_text.delta", R"("output_index":0,"delta":"a")"), "[DONE]"},
         "text|a\nfailed|502|upstream_truncated|The provider's stream ended before the answer did.\n"},
        {"no JSON", {"{"}, "failed|502|upstream_truncated|The provider sent an event that is not JSON.\n"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      std::vector<std::string> events = {kCreated};
      events.insert(events.end(), row.events.begin(), row.events.end());
      CHECK(decoded(events) == kBegin + row.want);
    }
  }

  TEST_CASE("a whole answer becomes the same events") {
    CHECK(whole(R"({"id":"rs","type":"reasoning","summary":[{"type":"summary_text","text":"A"}],)"
                R"("encrypted_content":"E"},)"
                R"({"id":"m","type":"message","content":[{"type":"output_text","text":"Hi"},{"type":"refusal",)"
                R"("refusal":"No"}]},)"
                R"({"id":"f","type":"function_call","call_id":"c","name":"f","arguments":"{}"})") ==
          kBegin + "reasoning|A\nreasoning end|E\ntext|Hi\nrefusal|No\ncall|0|c|f\narguments|0|{}\ncall end|0\n"
                   "finish|calls\nend\n");
    CHECK(whole("", R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"})") ==
          kBegin + "finish|length|max_output_tokens\nend\n");
    CHECK(whole("", R"("status":"failed","error":{"code":"rate_limit_exceeded","message":"Oops."})") ==
          "failed|429|rate_limit_exceeded|Oops.\n");
    CHECK(whole("", R"("status":"in_progress")") == "failed|502||The provider's response is not complete.\n");
    EventLog log;
    decode_answer(*parse_object(R"({"choices":[]})"), log);
    CHECK(log.text == "failed|502||The provider's answer is no response: it has no output.\n");
  }

  TEST_CASE("an answer with more items than any model means has failed, streamed or whole") {
    constexpr std::size_t kItemsMax = 4096;
    const std::string item = R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})";
    std::string items = item;
    for (std::size_t i = 1; i < kItemsMax; ++i) items += "," + item;
    CHECK(whole(items).find("failed") == std::string::npos);
    CHECK(whole(items + "," + item).find("failed") != std::string::npos);

    EventLog log;
    const auto decoder = stream_decoder();
    decoder->take("", kCreated, log);
    for (std::size_t i = 0; i <= 20 * kItemsMax; ++i) {
      decoder->take("", event("output_item.done", R"("output_index":)" + std::to_string(i) + ",\"item\":" + item), log);
    }
    decoder->finish(log);
    CHECK(log.text.find("failed") == log.text.rfind("failed"));
    CHECK(log.text.find("call|4095") != std::string::npos);
    CHECK(log.text.find("call|4097") == std::string::npos);
  }

  TEST_CASE("an event's name counts where the data has no type") {
    EventLog log;
    const auto decoder = stream_decoder();
    decoder->take("response.output_text.delta", R"({"output_index":0,"delta":"a"})", log);
    decoder->take("response.completed", R"({"response":{}})", log);
    CHECK(log.text == "begin|||0\ntext|a\nfinish|stop\nend\n");
  }

  TEST_CASE("values of wrong types are no values") {
    const char* const kWrong[] = {"null", "1", "-1", "1e300", "true", R"("x")", "[]", "{}", "[1]",
                                  R"([{"type":"output_text"}])",
                                  R"({"type":"message","content":[1,{"type":"output_text","text":1}]})",
                                  R"({"type":"function_call","name":"f","arguments":{"a":1}})",
                                  R"({"type":"reasoning","summary":[1],"content":[null]})"};
    const char* const kTypes[] = {"created", "output_item.added", "output_item.done", "output_text.delta",
                                  "output_text.done", "output_text.annotation.added", "refusal.delta", "refusal.done",
                                  "reasoning_text.delta", "reasoning_summary_text.done",
                                  "function_call_arguments.delta", "function_call_arguments.done",
                                  "custom_tool_call_input.delta", "completed", "incomplete", "failed"};
    const char* const kMembers[] = {"response", "item", "item_id", "output_index", "content_index", "delta", "text",
                                    "arguments", "logprobs", "annotation", "part"};
    for (const char* const type : kTypes) {
      for (const char* const wrong : kWrong) {
        std::string members = R"("x":0)";
        for (const char* const member : kMembers) members += std::string(",\"") + member + "\":" + wrong;
        const std::string text = decoded({kCreated, event(type, members)});
        CAPTURE(std::string(type));
        CAPTURE(std::string(wrong));
        const bool has_ending = text.find("\nend\n") != std::string::npos || text.find("failed|") != std::string::npos;
        CHECK(has_ending);
        CHECK_FALSE(whole(wrong).empty());
      }
    }
  }
}

}  // namespace aigw::protocol::responses
