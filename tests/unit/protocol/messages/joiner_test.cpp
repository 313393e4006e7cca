#include "protocol/messages/joiner.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/messages/message_stream.h"

namespace aigw::protocol::messages {
namespace {

const std::string kRich =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","container":{"id":"c"},"content":[)"
    R"({"type":"thinking","thinking":"Hm \u00e4","signature":"c2ln=="},)"
    R"({"type":"thinking","thinking":"","signature":"s"},)"
    R"({"type":"redacted_thinking","data":"ZA"},{"type":"text","text":"See"},)"
    R"({"type":"text","text":"this","citations":[{"type":"page_location","document_index":0},{"type":"x"}]},)"
    R"({"type":"text","text":"that","citations":null},)"
    R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"},"caller":{"type":"direct"}},)"
    R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"u"}]},)"
    R"({"type":"tool_use","id":"t1","name":"f","input":{"z":1.0,"a":{"b":[9007199254740993,"\"{"]}}},)"
    R"({"type":"tool_use","id":"t2","name":"g","input":{}},{"type":"future","input":"text","x":[1]}],)"
    R"("stop_reason":"stop_sequence","stop_sequence":"END","stop_details":null,"usage":{"input_tokens":3,)"
    R"("cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":0},"service_tier":"standard",)"
    R"("output_tokens":9,"output_tokens_details":{"thinking_tokens":2}}})";

std::string joined(const std::vector<std::string>& events) {
  const auto message = joiner();
  for (const std::string& event : events) {
    const Status added = message->add("", event);
    if (!added) return added.error().detail;
  }
  const Result<std::string> answer = message->finish();
  return answer ? *answer : answer.error().detail;
}

std::vector<std::string> events_of(const std::string& answer) {
  const Result<std::string> frames = split(answer);
  REQUIRE(frames);
  std::vector<std::string> events;
  for (const Json& event : data_of(*frames)) events.push_back(event.dump());
  return events;
}

const std::string kStart =
    R"({"type":"message_start","message":{"id":"m","content":[],"stop_reason":null,"usage":{"input_tokens":7,)"
    R"("output_tokens":1,"service_tier":"standard"}}})";
const std::string kEnding =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5,"input_tokens":null}})";

// The content that these events make.
std::string content_of(std::vector<std::string> events) {
  events.insert(events.begin(), kStart);
  events.push_back(kEnding);
  return Json::parse(joined(events)).at("content").dump();
}

}  // namespace

TEST_SUITE("protocol/messages/joiner") {
  TEST_CASE("a message that is split and joined is the same") {
    CHECK(joined(events_of(kRich)) == Json::parse(kRich).dump());
  }

  TEST_CASE("a split message is a stream that the SDK adds up") {
    const Result<std::string> frames = split(kRich);
    REQUIRE(frames);
    CHECK(accumulated(*frames).dump() == Json::parse(kRich).dump());
    const Json head = data_of(*frames).at(0).at("message");
    CHECK(head.at("stop_reason").is_null());
    CHECK(head.at("stop_sequence").is_null());
    CHECK(head.at("container").is_null());
    CHECK(head.at("usage").at("input_tokens") == 3);
    CHECK(head.at("usage").at("output_tokens") == 0);
    CHECK_FALSE(head.at("usage").contains("output_tokens_details"));
  }

  TEST_CASE("a message without usage is split into a stream that has one") {
    const Result<std::string> frames = split(R"({"id":"m","content":[],"stop_reason":"end_turn"})");
    REQUIRE(frames);
    const std::vector<Json> data = data_of(*frames);
    CHECK(data.at(0).at("message").at("usage").dump() == R"({"input_tokens":0,"output_tokens":0})");
    CHECK(data.at(1).at("usage").at("output_tokens") == 0);
  }

  TEST_CASE("what is no message is not split") {
    for (const char* const text : {"", "[]", "{}", R"({"content":"text"})", R"({"type":"error","error":{}})"}) {
      CAPTURE(text);
      const Result<std::string> frames = split(text);
      REQUIRE_FALSE(frames);
      CHECK(frames.error().kind == ErrorKind::Garbled);
    }
  }

  TEST_CASE("blocks are put together by the table of §13.3") {
    struct Row {
      std::string name;
      std::vector<std::string> events;  // members behind `index`
      std::string want;
    };
    const auto event = [](const char* type, const std::string& members) {
      return std::string(R"({"type":"content_block_)") + type + R"(","index":0)" + members + "}";
    };
    const auto start = [&](const std::string& block) { return event("start", R"(,"content_block":)" + block); };
    const auto delta = [&](const std::string& members) { return event("delta", R"(,"delta":)" + members); };
    const std::string stop = event("stop", "");
    const std::string tool = R"({"type":"tool_use","id":"t","name":"f","input":{}})";
    const std::vector<Row> rows = {
        {"pings and the future", {R"({"type":"ping"})", R"({"type":"new","index":0})", "[DONE]"}, "[]"},
        {"text", {start(R"({"type":"text","text":"a"})"), delta(R"({"type":"text_delta","text":"b"})"), stop,
                  delta(R"({"type":"text_delta","text":"late"})")},
         R"([{"type":"text","text":"ab"}])"},
        {"citations", {start(R"({"type":"text","text":"","citations":null})"),
                       delta(R"({"type":"citations_delta","citation":{"type":"x"}})"), stop},
         R"([{"type":"text","text":"","citations":[{"type":"x"}]}])"},
        {"a signature is set", {start(R"({"type":"thinking","thinking":"","signature":"old"})"),
                                delta(R"({"type":"signature_delta","signature":"new"})"), stop},
         R"([{"type":"thinking","thinking":"","signature":"new"}])"},
        {"deltas that do not fit", {start(tool), delta(R"({"type":"text_delta","text":"x"})"),
                                    delta(R"({"type":"input_json_delta","partial_json":7})"), delta("[]"), stop},
         "[" + tool + "]"},
        {"no fragments", {start(R"({"type":"tool_use","id":"t","name":"f","input":{"a":1}})"), stop},
         R"([{"type":"tool_use","id":"t","name":"f","input":{"a":1}}])"},
        {"an input that was cut off, without a stop",
         {start(tool), delta(R"({"type":"input_json_delta","partial_json":"{\"a\":\"b"})")},
         R"([{"type":"tool_use","id":"t","name":"f","input":{"a":"b"}}])"},
        {"one index for all blocks", {start(R"({"type":"text","text":"a"})"), stop,
                                      start(R"({"type":"text","text":"b"})"),
                                      delta(R"({"type":"text_delta","text":"c"})"), stop},
         R"([{"type":"text","text":"a"},{"type":"text","text":"bc"}])"},
        {"wrong types", {start("7"), delta("7"), R"({"type":"content_block_stop","index":"0"})"}, "[{}]"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(content_of(row.events) == row.want);
    }
  }

  TEST_CASE("counts replace those they name and leave the others") {
    CHECK(joined({kStart, kEnding, R"({"type":"message_stop"})", "not json"}) ==
          R"({"id":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":5,)"
          R"("service_tier":"standard"}})");
  }

  TEST_CASE("a stream that ends without a reason fails, wherever it is cut") {
    const std::vector<std::string> events = events_of(kRich);
    for (std::size_t length = 0; length <= events.size(); ++length) {
      CAPTURE(length);
      const std::string text = joined({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(length)});
      const bool is_whole = length + 1 >= events.size();
      CHECK((text == "the stream ended before the answer was complete") != is_whole);
    }
  }

  TEST_CASE("errors and what is no event fail") {
    CHECK(joined({kStart, R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})"}) ==
          R"(the stream carries an error: {"type":"error","error":{"type":"overloaded_error","message":"x"}})");
    CHECK(joined({kStart, R"({"type":"message_start","message":{"id":"other"}})"}) ==
          "a second message began inside the first one");
    CHECK(joined({kStart, kStart, kEnding}).find("end_turn") != std::string::npos);
    const auto message = joiner();
    const Status added = message->add("message_start", "not json");
    REQUIRE_FALSE(added);
    CHECK(added.error().kind == ErrorKind::Garbled);
  }
}

}  // namespace aigw::protocol::messages
