#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/messages/message_stream.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

using namespace canonical;  // NOLINT: the events are what this file is written in

Event of(decltype(Event::what) what, std::size_t choice = 0) { return {std::move(what), choice}; }

Json answer_of(const std::vector<Event>& events) {
  const auto encoder = answer_encoder({});
  for (const Event& event : events) encoder->take(event);
  return encoder->finish();
}

Usage some_usage() {
  Usage usage;
  usage.prompt = 10;
  usage.cache_read = 4;
  usage.output = 3;
  return usage;
}

}  // namespace

TEST_SUITE("protocol/messages/answer_encoder") {
  const std::vector<Event> kRich = {of(Begin{"chatcmpl-7", "qwen", 0, {}, {}}),
                                    of(ReasoningDelta{"Hm"}),
                                    of(ReasoningEnd{}),
                                    of(TextDelta{"Hel", nullptr}),
                                    of(TextDelta{"no", nullptr}, 1),
                                    of(TextDelta{"lo", nullptr}),
                                    of(CallBegin{0, "t0", "f", false, {}}),
                                    of(CallBegin{1, "t1", "g", false, {}}),
                                    of(CallDelta{0, R"({"a":)"}),
                                    of(CallDelta{1, R"({"b":2})"}),
                                    of(TextDelta{"!", nullptr}),
                                    of(CallDelta{0, "1}"}),
                                    of(CallEnd{0}),
                                    of(CallEnd{1}),
                                    of(Finish{FinishReason::ToolCalls, "tool_calls", {}, {}}),
                                    of(UsageReport{some_usage()}),
                                    of(End{})};

  TEST_CASE("an answer is written as the vendor writes it") {
    CHECK(answer_of(kRich).dump() ==
          R"({"id":"msg_7","type":"message","role":"assistant","model":"qwen","content":[)"
          R"({"type":"thinking","thinking":"Hm","signature":")" +
              seal(Vendor::None, "", false) +
              R"("},{"type":"text","text":"Hello"},{"type":"tool_use","id":"t0","name":"f","input":{"a":1}},)"
              R"({"type":"tool_use","id":"t1","name":"g","input":{"b":2}},{"type":"text","text":"!"}],)"
              R"("stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":6,)"
              R"("cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":3}})");
  }

  TEST_CASE("a stream adds up to the whole answer") {
    const auto encoder = stream_encoder({});
    for (const Event& event : kRich) encoder->take(event);
    CHECK(accumulated(encoder->take_frames()) == answer_of(kRich));
  }

  TEST_CASE("an answer of nothing is a message") {
    const Json answer = answer_of({of(Begin{"", "m", 0, {}, {}}), of(End{})});
    CHECK(answer.at("content") == Json::array());
    CHECK(answer.at("stop_reason") == "end_turn");
    CHECK(answer.at("id").get<std::string>().substr(0, 4) == "msg_");
  }

  TEST_CASE("an input is an object, whatever the model wrote") {
    struct Row {
      std::string arguments;
      std::string want;
    };
    for (const Row& row : {Row{"", "{}"}, Row{R"({"a":"b","c)", R"({"a":"b"})"}, Row{"[1]", R"({"value":[1]})"}}) {
      CAPTURE(row.arguments);
      std::vector<Event> events = {of(CallBegin{0, "", "f", false, {}})};
      if (!row.arguments.empty()) events.push_back(of(CallDelta{0, row.arguments}));
      const Json block = answer_of(events).at("content").at(0);
      CHECK(block.at("input").dump() == row.want);
      CHECK(block.at("id").get<std::string>().substr(0, 6) == "toolu_");
    }
  }

  TEST_CASE("a refusal is a block and a reason") {
    const Json answer = answer_of({of(RefusalDelta{"No."}), of(Finish{FinishReason::Stop, "stop", {}, {}}), of(End{})});
    CHECK(answer.at("content").dump() == R"([{"type":"text","text":"No."}])");
    CHECK(answer.at("stop_reason") == "refusal");
    CHECK(answer.at("stop_details").dump() == R"({"type":"refusal","category":null,"explanation":"No."})");
  }
}

}  // namespace aigw::protocol::messages
