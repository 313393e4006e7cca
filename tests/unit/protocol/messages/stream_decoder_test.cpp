#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "protocol/messages/event_log.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

using Lines = std::vector<std::string>;

// What the decoder makes of the data of these events and of the end behind them.
Lines decoded(const std::vector<std::string>& events) {
  EventLog log;
  const auto decoder = stream_decoder();
  for (const std::string& event : events) decoder->take("", event, log);
  decoder->finish(log);
  return log.lines;
}

const std::string kStart =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude",)"
    R"("content":[],)"
    R"("usage":{"input_tokens":10,"cache_read_input_tokens":4,"output_tokens":1,"service_tier":"standard"}}})";
const std::string kEnding =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}})";
const std::string kStop = R"({"type":"message_stop"})";

std::string start(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}";
}
std::string delta(int index, const std::string& members) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + members + "}";
}
std::string stop(int index) { return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}"; }

// The events in between, without what stands around them.
Lines decoded_content(std::vector<std::string> events) {
  events.insert(events.begin(), kStart);
  events.insert(events.end(), {kEnding, kStop});
  const Lines lines = decoded(events);
  REQUIRE(lines.size() >= 4);
  CHECK(lines.front() == "begin msg_1 claude default");
  CHECK(Lines(lines.end() - 3, lines.end()) == Lines{"finish Stop end_turn", "usage 14 5", "end"});
  return Lines(lines.begin() + 1, lines.end() - 3);
}

}  // namespace

TEST_SUITE("protocol/messages/stream_decoder") {
  TEST_CASE("each event says what the table of §7 says") {
    struct Row {
      std::string name;
      std::vector<std::string> events;
      Lines want;
    };
    const std::vector<Row> rows = {
        {"text", {start(0, R"({"type":"text","text":""})"), delta(0, R"({"type":"text_delta","text":"Hi"})"),
                  delta(0, R"({"type":"text_delta","text":""})"), delta(0, R"({"type":"text_delta","text":" you"})"),
                  stop(0)},
         {"text Hi", "text  you"}},
        {"text in the start", {start(0, R"({"type":"text","text":"Hi"})"), stop(0)}, {"text Hi"}},
        {"thinking", {start(0, R"({"type":"thinking","thinking":"","signature":""})"),
                      delta(0, R"({"type":"thinking_delta","thinking":"Hm"})"),
                      delta(0, R"({"type":"signature_delta","signature":"old"})"),
                      delta(0, R"({"type":"signature_delta","signature":"c2ln=="})"), stop(0)},
         {"reasoning Hm", "proof anthropic c2ln=="}},
        {"thinking that is not shown", {start(0, R"({"type":"thinking","thinking":"","signature":"s"})"), stop(0)},
         {"proof anthropic s"}},
        {"thinking without a signature", {start(0, R"({"type":"thinking","thinking":"Hm"})"), stop(0)},
         {"reasoning Hm", "proof none "}},
        {"redacted thinking", {start(0, R"({"type":"redacted_thinking","data":"ZGF0YQ"})"), stop(0)},
         {"redacted anthropic ZGF0YQ"}},
        {"calls are numbered by themselves",
         {start(0, R"({"type":"text","text":"x"})"), stop(0),
          start(1, R"({"type":"tool_use","id":"t1","name":"f","input":{}})"),
          delta(1, R"({"type":"input_json_delta","partial_json":""})"),
          delta(1, R"({"type":"input_json_delta","partial_json":"{\"a\":"})"),
          delta(1, R"({"type":"input_json_delta","partial_json":"1}"})"), stop(1),
          start(2, R"({"type":"tool_use","id":"t2","name":"g","input":{}})"), stop(2)},
         {"text x", "call 0 t1 f", "arguments 0 {\"a\":", "arguments 0 1}", "call end 0", "call 1 t2 g",
          "arguments 1 {}", "call end 1"}},
        {"an input in the start is remembered",
         {start(0, R"({"type":"tool_use","id":"t1","name":"f","input":{"b":1,"a":[2.0]}})"), stop(0)},
         {"call 0 t1 f", R"(arguments 0 {"b":1,"a":[2.0]})", "call end 0"}},
        {"server tools come whole and are no calls",
         {start(0, R"({"type":"server_tool_use","id":"s1","name":"web_search","input":{}})"),
          delta(0, R"({"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"})"), stop(0),
          start(1, R"({"type":"web_search_tool_result","tool_use_id":"s1","content":[]})"), stop(1),
          start(2, R"({"type":"tool_use","id":"t1","name":"f"})"), stop(2)},
         {R"(server {"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"x"}})",
          R"(server {"type":"web_search_tool_result","tool_use_id":"s1","content":[]})", "call 0 t1 f",
          "arguments 0 {}", "call end 0"}},
        {"blocks and events of the future",
         {R"({"type":"ping"})", R"({"type":"weather","index":0})", start(0, R"({"type":"dream","text":"x"})"),
          delta(0, R"({"type":"text_delta","text":"y"})"), stop(0), "[DONE]"},
         {}},
        {"deltas that do not fit", {start(0, R"({"type":"text","text":""})"),
                                    delta(0, R"({"type":"input_json_delta","partial_json":"{"})"),
                                    delta(0, R"({"type":"thinking_delta","thinking":"x"})"),
                                    delta(7, R"({"type":"text_delta","text":"x"})"), stop(0),
                                    delta(0, R"({"type":"text_delta","text":"late"})"), stop(0)},
         {}},
        {"wrong types", {start(0, R"("text")"), delta(0, "[]"), delta(0, R"({"type":7,"text":[]})"),
                         start(0, R"({"type":"text","text":7,"citations":{}})"), delta(0, R"({"type":"text_delta"})"),
                         R"({"type":7})", "{}"},
         {}},
        {"the same message_start again", {kStart}, {}},
        {"blocks without a stop", {start(0, R"({"type":"thinking","thinking":"Hm","signature":"s"})"),
                                   start(1, R"({"type":"tool_use","id":"t","name":"f"})")},
         {"reasoning Hm", "call 0 t f", "proof anthropic s", "arguments 0 {}", "call end 0"}},
        {"one index for all blocks", {start(0, R"({"type":"tool_use","id":"t","name":"f"})"),
                                      start(0, R"({"type":"text","text":"x"})")},
         {"call 0 t f", "arguments 0 {}", "call end 0", "text x"}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(decoded_content(row.events) == row.want);
    }
  }

  TEST_CASE("a citation has the bounds of its block, in characters") {
    const Lines lines = decoded_content(
        {start(0, R"({"type":"text","text":"Größe: "})"), stop(0),
         start(1, R"({"type":"text","text":"","citations":[]})"),
         delta(1, R"({"type":"citations_delta","citation":{"type":"web_search_result_location","url":"u","title":"T",)"
                  R"("cited_text":"c"}})"),
         delta(1, R"({"type":"citations_delta","citation":{"type":"page_location","document_index":0}})"),
         delta(1, R"({"type":"text_delta","text":"über 9"})"), stop(1)});
    CHECK(lines == Lines{"text Größe: ", "text über 9",
                         R"(annotations [{"type":"url_citation","url_citation":{"url":"u","title":"T",)"
                         R"("start_index":7,"end_index":13}}])"});
  }

  TEST_CASE("the event's name counts where the data has no type") {
    EventLog log;
    const auto decoder = stream_decoder();
    decoder->take("message_start", R"({"message":{"id":"a","model":"m"}})", log);
    decoder->take("content_block_start", R"({"content_block":{"type":"text","text":"x"}})", log);
    decoder->take("message_stop", "{}", log);
    CHECK(log.lines == Lines{"begin a m ", "text x", "finish Unknown ", "end"});
  }

  TEST_CASE("each stop reason has its meaning") {
    struct Row {
      std::string delta;
      std::string want;
    };
    for (const Row& row : {
             Row{R"("stop_reason":"end_turn")", "finish Stop end_turn"},
             Row{R"("stop_reason":"stop_sequence","stop_sequence":"END")",
                 "finish StopSequence stop_sequence sequence=END"},
             Row{R"("stop_reason":"max_tokens")", "finish Length max_tokens"},
             Row{R"("stop_reason":"model_context_window_exceeded")",
                 "finish ContextWindow model_context_window_exceeded"},
             Row{R"("stop_reason":"tool_use")", "finish ToolCalls tool_use"},
             Row{R"("stop_reason":"refusal","stop_details":{"type":"refusal","category":null,"explanation":"No."})",
                 "finish ContentFilter refusal explanation=No."},
             Row{R"("stop_reason":"pause_turn")", "finish Pause pause_turn"},
             Row{R"("stop_reason":"new")", "finish Unknown new"},
             Row{R"("stop_reason":null)", "finish Unknown "},
         }) {
      CAPTURE(row.delta);
      const Lines lines = decoded({kStart, R"({"type":"message_delta","delta":{)" + row.delta + "}}", kStop});
      REQUIRE(lines.size() == 4);
      CHECK(lines[1] == row.want);
    }
  }

  TEST_CASE("a stream that is cut fails, unless its reason was told") {
    const std::vector<std::string> events = {kStart, start(0, R"({"type":"text","text":"Hi"})"), stop(0), kEnding,
                                             kStop};
    for (std::size_t length = 0; length <= events.size(); ++length) {
      CAPTURE(length);
      const Lines lines = decoded({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(length)});
      CHECK(lines.back() == (length >= 4 ? "end"
                                         : "failed 502 server_error upstream_truncated: The provider's stream ended "
                                           "before the answer did."));
    }
  }

  TEST_CASE("errors end the stream, once") {
    struct Row {
      std::string event;
      std::string want;
    };
    for (const Row& row : {
             Row{R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
                 "failed 503 overloaded_error : Overloaded"},
             Row{R"({"error":{"message":"boom","type":"api_error"}})", "failed 502 api_error : boom"},
             Row{"not json",
                 "failed 502 server_error upstream_truncated: The provider sent an event that is not JSON."},
             Row{R"({"type":"message_start","message":{"id":"msg_2"}})",
                 "failed 502 server_error upstream_truncated: The provider began a second "
                 "message inside the first one."},
         }) {
      CAPTURE(row.event);
      CHECK(decoded({kStart, row.event, kEnding, kStop}) == Lines{"begin msg_1 claude default", row.want});
    }
  }

  TEST_CASE("nothing is read behind the end") {
    const Lines lines = decoded({kStart, kEnding, kStop, start(0, R"({"type":"text","text":"x"})"), "not json", kStop});
    CHECK(lines == Lines{"begin msg_1 claude default", "finish Stop end_turn", "usage 14 5", "end"});
  }
}

}  // namespace aigw::protocol::messages
