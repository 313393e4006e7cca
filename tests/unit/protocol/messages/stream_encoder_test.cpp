#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/call_ids.h"
#include "protocol/canonical/proof.h"
#include "protocol/messages/message_stream.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

using namespace canonical;  // NOLINT: the events are what this file is written in

const Begin kBegin{"chatcmpl-7", "qwen", 0, {}, {}};

Event of(decltype(Event::what) what, std::size_t choice = 0) { return {std::move(what), choice}; }

CallBegin call(std::size_t number, std::string_view id, std::string_view name) { return {number, id, name, false, {}}; }

Usage tokens(std::int64_t prompt, std::int64_t output) {
  Usage usage;
  usage.prompt = prompt;
  usage.output = output;
  return usage;
}

std::string frames_of(const std::vector<Event>& events) {
  const auto encoder = stream_encoder({});
  for (const Event& event : events) encoder->take(event);
  return encoder->take_frames();
}

// The content a client has after these events and an end.
Json content_of(std::vector<Event> events) {
  events.insert(events.begin(), of(kBegin));
  events.insert(events.end(), {of(Finish{FinishReason::Stop, "stop", {}, {}}), of(End{})});
  return accumulated(frames_of(events)).at("content");
}

}  // namespace

TEST_SUITE("protocol/messages/stream_encoder") {
  TEST_CASE("a stream is written as the vendor writes it") {
    CHECK(frames_of({of(kBegin), of(TextDelta{"Hi \"you\"\n", nullptr}), of(Finish{FinishReason::Stop, "stop", {}, {}}),
                     of(UsageReport{tokens(9, 3)}), of(End{})}) ==
          "event: message_start\n"
          R"(data: {"type":"message_start","message":{"id":"msg_7","type":"message","role":"assistant","model":"qwen",)"
          R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,)"
          R"("cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}})"
          "\n\n"
          "event: content_block_start\n"
          R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
          "\n\n"
          "event: content_block_delta\n"
          R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi \"you\"\n"}})"
          "\n\n"
          "event: content_block_stop\n"
          R"(data: {"type":"content_block_stop","index":0})"
          "\n\n"
          "event: message_delta\n"
          R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":)"
          R"({"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}})"
          "\n\n"
          "event: message_stop\n"
          R"(data: {"type":"message_stop"})"
          "\n\n");
  }

  TEST_CASE("content becomes blocks") {
    const std::string plain = seal(Vendor::None, "", false);
    struct Row {
      std::string name;
      std::vector<Event> events;
      Json want;
    };
    const Json image = {{"type", "image_url"}};
    const Json server = {{"type", "web_search_tool_result"}, {"content", Json::array()}};
    const auto text = [](const char* words) { return Json{{"type", "text"}, {"text", words}}; };
    const auto thinking = [](const char* words, const std::string& signature) {
      return Json{{"type", "thinking"}, {"thinking", words}, {"signature", signature}};
    };
    const auto tool = [](const char* id, const Json& input) {
      return Json{{"type", "tool_use"}, {"id", id}, {"name", "f"}, {"input", input}};
    };
    const std::vector<Row> rows = {
        {"nothing", {}, Json::array()},
        {"empty pieces open nothing", {of(TextDelta{"", nullptr}), of(ReasoningDelta{""}), of(RefusalDelta{""}),
                                       of(ReasoningEnd{}), of(ImageOutput{&image})}, Json::array()},
        {"reasoning without proof", {of(ReasoningDelta{"H"}), of(ReasoningDelta{"m"}), of(ReasoningEnd{}),
                                     of(TextDelta{"x", nullptr})}, {thinking("Hm", plain), text("x")}},
        {"reasoning whose end is not told", {of(ReasoningDelta{"Hm"}), of(TextDelta{"x", nullptr})},
         {thinking("Hm", plain), text("x")}},
        {"Anthropic's own signature", {of(ReasoningDelta{"Hm"}), of(ReasoningEnd{Vendor::Anthropic, "c2ln==", false})},
         Json::array({thinking("Hm", "c2ln==")})},
        {"another vendor's proof", {of(ReasoningDelta{"Hm"}), of(ReasoningEnd{Vendor::OpenAi, "enc", false})},
         Json::array({thinking("Hm", seal(Vendor::OpenAi, "enc", false))})},
        {"a proof without text", {of(TextDelta{"x", nullptr}), of(ReasoningEnd{Vendor::Google, "g", false})},
         {text("x"), thinking("", seal(Vendor::Google, "g", false))}},
        {"redacted", {of(ReasoningDelta{"Hm"}), of(ReasoningEnd{Vendor::Anthropic, "ZA", true})},
         {thinking("Hm", plain), Json{{"type", "redacted_thinking"}, {"data", "ZA"}}}},
        {"refusal behind text", {of(TextDelta{"x", nullptr}), of(RefusalDelta{"N"}), of(RefusalDelta{"o"})},
         {text("x"), text("No")}},
        {"a server's block", {of(TextDelta{"x", nullptr}), of(ServerBlock{&server}), of(TextDelta{"y", nullptr})},
         {text("x"), server, text("y")}},
        {"a call without arguments", {of(call(0, "t1", "f")), of(CallEnd{0}), of(TextDelta{"x", nullptr})},
         {tool("t1", Json::object()), text("x")}},
        {"an id that does not fit", {of(call(0, "functions.f:0", "f")), of(CallDelta{0, "{}"}), of(CallEnd{0})},
         Json::array({tool(fit_call_id("functions.f:0", Dialect::Messages).c_str(), Json::object())})},
        {"a call that Google signed",
         {of(CallBegin{0, "t1", "f", false, "sig"}), of(CallDelta{0, "{}"}), of(CallEnd{0})},
         {thinking("", seal(Vendor::Google, "sig", false)), tool("t1", Json::object())}},
        {"bare text of a custom tool", {of(CallBegin{0, "t1", "f", true, {}}), of(CallDelta{0, "say \"a"}),
                                        of(CallDelta{0, "\"\n"}), of(CallEnd{0})},
         Json::array({tool("t1", {{"input", "say \"a\"\n"}})})},
        {"other choices", {of(TextDelta{"x", nullptr}), of(TextDelta{"y", nullptr}, 1), of(call(0, "t", "g"), 2)},
         Json::array({text("x")})},
        {"arguments for a call that is over", {of(call(0, "t1", "f")), of(CallDelta{0, "{}"}), of(CallEnd{0}),
                                               of(CallDelta{0, "{}"}), of(CallDelta{5, "{}"})},
         Json::array({tool("t1", Json::object())})},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(content_of(row.events) == row.want);
    }
  }

  TEST_CASE("calls whose arguments come interleaved become blocks one behind the other") {
    const auto tool = [](const char* id, const Json& input) {
      return Json{{"type", "tool_use"}, {"id", id}, {"name", "f"}, {"input", input}};
    };
    const auto text = [](const char* words) { return Json{{"type", "text"}, {"text", words}}; };
    const std::vector<Event> events = {
        of(call(0, "t0", "f")), of(call(1, "t1", "f")), of(TextDelta{"a", nullptr}), of(call(2, "t2", "f")),
        of(CallDelta{2, "{\"c"}), of(CallDelta{0, "{\"a\":"}), of(CallDelta{1, "{\"b\":"}),
        of(TextDelta{"b", nullptr}), of(CallDelta{1, "2}"}), of(CallDelta{0, "1}"}), of(CallDelta{2, "\":3}"}),
        of(TextDelta{"c", nullptr}), of(CallEnd{0}), of(CallEnd{1}), of(CallEnd{2})};
    CHECK(content_of(events) == Json{tool("t0", {{"a", 1}}), tool("t1", {{"b", 2}}), text("a"), tool("t2", {{"c", 3}}),
                                     text("bc")});
  }

  TEST_CASE("a call is left for another block when its arguments are complete, and not before") {
    const auto encoder = stream_encoder({});
    const auto written = [&](const Event& event) {
      encoder->take(event);
      std::string kinds;
      for (const Json& data : data_of(encoder->take_frames())) {
        kinds += data.at("type").get<std::string>().substr(14) + std::to_string(data.at("index").get<int>()) + " ";
      }
      return kinds;
    };
    encoder->take(of(kBegin));
    encoder->take_frames();
    CHECK(written(of(call(0, "t0", "f"))) == "start0 ");
    CHECK(written(of(TextDelta{"x", nullptr})) == "");
    CHECK(written(of(CallDelta{0, "{\"a\":\"}"})) == "delta0 ");
    CHECK(written(of(call(1, "t1", "f"))) == "");
    CHECK(written(of(CallDelta{1, "{"})) == "");
    CHECK(written(of(CallDelta{0, "\"}"})) == "delta0 stop0 start1 delta1 stop1 start2 delta2 ");
    CHECK(written(of(CallDelta{1, "}"})) == "delta2 ");
    CHECK(written(of(TextDelta{"y", nullptr})) == "stop2 start3 delta3 ");
    CHECK(written(of(CallEnd{1})) == "");
    CHECK(written(of(TextDelta{"z", nullptr})) == "delta3 ");
  }

  TEST_CASE("a call that is cut off does not hold back for ever what came behind it") {
    const Json content = content_of({of(call(0, "t0", "f")), of(CallDelta{0, "{\"a\":"}), of(TextDelta{"x", nullptr})});
    REQUIRE(content.size() == 2);
    CHECK(content[0].at("input") == "cut: {\"a\":");
    CHECK(content[1].at("text") == "x");
  }

  TEST_CASE("why the answer ended") {
    struct Row {
      std::vector<Event> events;
      std::string want;
    };
    const auto finish = [](FinishReason reason, std::string_view sequence = {}, std::string_view explanation = {}) {
      return of(Finish{reason, "native", sequence, explanation});
    };
    const std::vector<Row> rows = {
        {{finish(FinishReason::Stop)}, R"({"stop_reason":"end_turn","stop_sequence":null})"},
        {{finish(FinishReason::StopSequence, "END")}, R"({"stop_reason":"stop_sequence","stop_sequence":"END"})"},
        {{finish(FinishReason::Length, "END")}, R"({"stop_reason":"max_tokens","stop_sequence":null})"},
        {{finish(FinishReason::ContextWindow)},
         R"({"stop_reason":"model_context_window_exceeded","stop_sequence":null})"},
        {{finish(FinishReason::ToolCalls)}, R"({"stop_reason":"tool_use","stop_sequence":null})"},
        {{finish(FinishReason::ContentFilter)}, R"({"stop_reason":"refusal","stop_sequence":null})"},
        {{finish(FinishReason::ContentFilter, {}, "Why")},
         R"({"stop_reason":"refusal","stop_sequence":null,)"
         R"("stop_details":{"type":"refusal","category":null,"explanation":"Why"}})"},
        {{of(RefusalDelta{"N"}), of(RefusalDelta{"o"}), finish(FinishReason::Stop)},
         R"({"stop_reason":"refusal","stop_sequence":null,)"
         R"("stop_details":{"type":"refusal","category":null,"explanation":"No"}})"},
        {{finish(FinishReason::Pause)}, R"({"stop_reason":"pause_turn","stop_sequence":null})"},
        {{finish(FinishReason::Unknown)}, R"({"stop_reason":"end_turn","stop_sequence":null})"},
        {{}, R"({"stop_reason":"end_turn","stop_sequence":null})"},
    };
    for (const Row& row : rows) {
      std::vector<Event> events = row.events;
      events.insert(events.begin(), of(kBegin));
      events.push_back(of(End{}));
      const std::vector<Json> data = data_of(frames_of(events));
      CHECK(data.at(data.size() - 2).at("delta").dump() == row.want);
    }
  }

  TEST_CASE("the stream's head") {
    ReplyRules rules;
    rules.model = "alias";
    const auto encoder = stream_encoder(rules);
    encoder->take(of(UsageReport{tokens(12, 0)}));
    CHECK(encoder->take_frames() == "");
    encoder->take(of(Begin{"", "qwen", 0, {}, {}}));
    const Json message = data_of(encoder->take_frames()).at(0).at("message");
    CHECK(message.at("usage").at("input_tokens") == 12);
    CHECK(message.at("model") == "alias");
    const std::string id = message.at("id");
    CHECK(id.substr(0, 4) == "msg_");
    CHECK(id.size() == 28);

    for (const auto& [given, want] : {std::pair{"msg_1", "msg_1"}, std::pair{"resp_1", "msg_resp_1"}}) {
      CHECK(data_of(frames_of({of(Begin{given, "", 0, {}, {}})})).at(0).at("message").at("id") == want);
    }
  }

  TEST_CASE("a failure is the last that is written, wherever it comes") {
    const std::vector<Event> events = {of(kBegin), of(TextDelta{"x", nullptr}), of(call(0, "t", "f")),
                                       of(TextDelta{"y", nullptr}), of(Finish{FinishReason::Stop, "", {}, {}})};
    const ProviderError error{503, "busy", "overloaded_error", ""};
    for (std::size_t length = 0; length <= events.size(); ++length) {
      CAPTURE(length);
      std::vector<Event> cut(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(length));
      cut.insert(cut.end(), {of(Failed{&error}), of(TextDelta{"z", nullptr}), of(End{})});
      const std::vector<Json> data = data_of(frames_of(cut));
      CHECK(data.back().at("type") == "error");
      CHECK(data.back().at("error").at("type") == "overloaded_error");
      for (const Json& event : data) CHECK(event.at("type") != "message_delta");
    }
  }
}

}  // namespace aigw::protocol::messages
