#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

using namespace canonical;

using Events = std::vector<Event>;

ReplyRules rules_with(const std::string& echo = "{}", bool encrypted = false) {
  ReplyRules rules;
  rules.now = 100;
  rules.encrypted_reasoning = encrypted;
  rules.responses_echo = *parse_object(echo);
  return rules;
}

Event begin() { return {Begin{"chatcmpl-1", "m", 99, "", ""}}; }
Event finish(FinishReason reason) { return {Finish{reason, "", "", ""}}; }

// All frames of a stream.
std::string frames_of(const Events& events, const ReplyRules& rules) {
  const auto encoder = stream_encoder(rules);
  for (const Event& event : events) encoder->take(event);
  return encoder->take_frames();
}

std::vector<Json> data_of(const std::string& frames) {
  std::vector<Json> events;
  for (std::size_t at = frames.find("data: "); at != std::string::npos; at = frames.find("data: ", at)) {
    at += 6;
    events.push_back(Json::parse(frames.substr(at, frames.find('\n', at) - at)));
  }
  return events;
}

Json whole_of(const Events& events, const ReplyRules& rules) {
  const auto encoder = answer_encoder(rules);
  for (const Event& event : events) encoder->take(event);
  return encoder->finish();
}

// The events after the first two, one a line: type without `response.`, place, what is in it.
std::string summary_of(const std::string& frames) {
  std::string text;
  std::int64_t number = 0;
  for (const Json& event : data_of(frames)) {
    CHECK(event.at("sequence_number") == number++);
    if (number <= 2) continue;
    text += event.at("type").get<std::string>().substr(9);
    if (event.contains("output_index")) text += " " + event.at("output_index").dump();
    for (const char* const name : {"content_index", "summary_index"}) {
      if (event.contains(name)) text += "/" + event.at(name).dump();
    }
    for (const char* const name : {"delta", "text", "refusal", "arguments", "input"}) {
      if (event.contains(name)) text += " " + event.at(name).get<std::string>();
    }
    if (event.contains("item")) text += " " + event.at("item").value("status", "-");
    text += "\n";
  }
  return text;
}

struct Row {
  std::string name;
  Events events;
  std::string want;
};

}  // namespace

TEST_SUITE("protocol/responses/output") {
  TEST_CASE("a stream of text is written event by event") {
    const ReplyRules rules = rules_with();
    const Events events = {begin(), {TextDelta{"H\"i", nullptr}}, finish(FinishReason::Stop), {End{}}};
    const std::string frames = frames_of(events, rules);
    const std::string place = R"("item_id":"msg_1_0","output_index":0,"content_index":0,)";
    const auto frame = [](const std::string& type, const std::string& number, const std::string& members) {
      return "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + number + "," + members +
             "}\n\n";
    };
    const std::string item = R"("output_index":0,"item":{"id":"msg_1_0","type":"message","role":"assistant","status":)";
    const std::string content = R"([{"type":"output_text","text":"H\"i","annotations":[]}])";
    const std::size_t third = frames.find("event: response.output_item.added");
    REQUIRE(third != std::string::npos);
    CHECK(data_of(frames)[1]["type"] == "response.in_progress");
    CHECK(frames.substr(third, frames.find("event: response.completed") - third) ==
          frame("response.output_item.added", "2", item + R"("in_progress","content":[]})") +
              frame("response.content_part.added", "3", place + R"("part":{"type":"output_text","text":"",)"
                  R"("annotations":[]})") +
              frame("response.output_text.delta", "4", place + R"("delta":"H\"i","logprobs":[])") +
              frame("response.output_text.done", "5", place + R"("text":"H\"i","logprobs":[])") +
              frame("response.content_part.done", "6",
                    place + R"("part":{"type":"output_text","text":"H\"i","annotations":[]})") +
              frame("response.output_item.done", "7", item + R"("completed","content":)" + content + "}"));
    const Json last = data_of(frames).back();
    CHECK(last["sequence_number"] == 8);
    CHECK(last["response"]["output"][0]["content"][0]["text"] == "H\"i");
    CHECK(frames.find("[DONE]") == std::string::npos);
  }

  TEST_CASE("the response has the API's members in its order, with the request's values or defaults") {
    const Usage usage{10, 4, 1, 5, 2, {}, {}};
    const Events events = {begin(), finish(FinishReason::Stop), {UsageReport{usage}}, {End{}}};
    const ReplyRules plain = rules_with();
    CHECK(whole_of(events, plain).dump() ==
          R"({"id":"resp_1","object":"response","created_at":99,"completed_at":100,"status":"completed","error":null,)"
          R"("incomplete_details":null,"instructions":null,"max_output_tokens":null,"metadata":{},"model":"m",)"
          R"("output":[],)"
          R"("parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},)"
          R"("store":false,"temperature":1,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],)"
          R"("top_p":1,)"
          R"("truncation":"disabled","usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,)"
          R"("cache_write_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},)"
          R"("total_tokens":15},)"
          R"("user":null})");
    ReplyRules asked = rules_with(
        R"({"instructions":"Be.","temperature":0.50,"tools":[{"type":"function","name":"f"}],"tool_choice":"none",)"
        R"("reasoning":{"effort":"low"},"text":{"verbosity":"low"},"metadata":{"a":"b"},"user":"u",)"
        R"("max_output_tokens":9})");
    asked.model = "alias";
    const Json response = whole_of(events, asked);
    CHECK(response["instructions"] == "Be.");
    CHECK(response["temperature"] == 0.5);
    CHECK(response["tools"][0]["name"] == "f");
    CHECK(response["tool_choice"] == "none");
    CHECK(response["reasoning"].dump() == R"({"effort":"low","summary":null})");
    CHECK(response["text"].dump() == R"({"format":{"type":"text"},"verbosity":"low"})");
    CHECK(response["metadata"].dump() == R"({"a":"b"})");
    CHECK(response["max_output_tokens"] == 9);
    CHECK(response["model"] == "alias");
  }

  TEST_CASE("items open and close in order") {
    const std::vector<Row> rows = {
        {"reasoning closes before the text opens",
         {{ReasoningDelta{"R"}}, {ReasoningDelta{"s"}}, {ReasoningEnd{}}, {TextDelta{"T", nullptr}}},
         "output_item.added 0 -\nreasoning_summary_part.added 0/0\nreasoning_summary_text.delta 0/0 R\n"
         "reasoning_summary_text.delta 0/0 s\nreasoning_summary_text.done 0/0 Rs\nreasoning_summary_part.done 0/0\n"
         "output_item.done 0 -\noutput_item.added 1 in_progress\ncontent_part.added 1/0\noutput_text.delta 1/0 T\n"
         "output_text.done 1/0 T\ncontent_part.done 1/0\noutput_item.done 1 completed\n"},
        {"two blocks of reasoning are two items",
         {{ReasoningDelta{"R"}}, {ReasoningEnd{}}, {ReasoningDelta{"S"}}, {ReasoningEnd{}}},
         "output_item.added 0 -\nreasoning_summary_part.added 0/0\nreasoning_summary_text.delta 0/0 R\n"
         "reasoning_summary_text.done 0/0 R\nreasoning_summary_part.done 0/0\noutput_item.done 0 -\n"
         "output_item.added 1 -\nreasoning_summary_part.added 1/0\nreasoning_summary_text.delta 1/0 S\n"
         "reasoning_summary_text.done 1/0 S\nreasoning_summary_part.done 1/0\noutput_item.done 1 -\n"},
        {"a proof that the client did not ask for is no item", {{ReasoningEnd{Vendor::Anthropic, "P", true}}}, ""},
        {"text and refusal are parts of one message",
         {{TextDelta{"T", nullptr}}, {RefusalDelta{"No"}}},
         "output_item.added 0 in_progress\ncontent_part.added 0/0\noutput_text.delta 0/0 T\noutput_text.done 0/0 T\n"
         "content_part.done 0/0\ncontent_part.added 0/1\nrefusal.delta 0/1 No\nrefusal.done 0/1 No\n"
         "content_part.done 0/1\noutput_item.done 0 completed\n"},
        {"a custom call",
         {{CallBegin{0, "c", "f", true, ""}}, {CallDelta{0, "hi"}}, {CallEnd{0}}},
         "output_item.added 0 in_progress\ncustom_tool_call_input.delta 0 hi\ncustom_tool_call_input.done 0 hi\n"
         "output_item.done 0 completed\n"},
        {"a call without arguments has an empty object",
         {{CallBegin{0, "c", "f", false, ""}}, {CallEnd{0}}},
         "output_item.added 0 in_progress\nfunction_call_arguments.delta 0 {}\nfunction_call_arguments.done 0 {}\n"
         "output_item.done 0 completed\n"},
        {"several calls are open together",
         {{CallBegin{0, "c", "f", false, ""}}, {CallBegin{1, "d", "g", false, ""}}, {CallDelta{0, "{}"}},
          {CallDelta{1, "[]"}}, {CallEnd{0}}, {CallEnd{1}}},
         "output_item.added 0 in_progress\noutput_item.added 1 in_progress\nfunction_call_arguments.delta 0 {}\n"
         "function_call_arguments.delta 1 []\nfunction_call_arguments.done 0 {}\noutput_item.done 0 completed\n"
         "function_call_arguments.done 1 []\noutput_item.done 1 completed\n"},
        {"text between two calls",
         {{TextDelta{"T", nullptr}}, {CallBegin{0, "c", "f", false, ""}}, {CallDelta{0, "{}"}}, {CallEnd{0}},
          {TextDelta{"U", nullptr}}},
         "output_item.added 0 in_progress\ncontent_part.added 0/0\noutput_text.delta 0/0 T\noutput_text.done 0/0 T\n"
         "content_part.done 0/0\noutput_item.done 0 completed\noutput_item.added 1 in_progress\n"
         "function_call_arguments.delta 1 {}\nfunction_call_arguments.done 1 {}\noutput_item.done 1 completed\n"
         "output_item.added 2 in_progress\ncontent_part.added 2/0\noutput_text.delta 2/0 U\noutput_text.done 2/0 U\n"
         "content_part.done 2/0\noutput_item.done 2 completed\n"},
        {"text between the fragments of a call waits for the call",
         {{CallBegin{0, "c", "f", false, ""}}, {CallDelta{0, "{"}}, {TextDelta{"T", nullptr}}, {CallDelta{0, "}"}},
          {TextDelta{"U", nullptr}}, {CallEnd{0}}},
         "output_item.added 0 in_progress\nfunction_call_arguments.delta 0 {\nfunction_call_arguments.delta 0 }\n"
         "function_call_arguments.done 0 {}\noutput_item.done 0 completed\noutput_item.added 1 in_progress\n"
         "content_part.added 1/0\noutput_text.delta 1/0 T\noutput_text.delta 1/0 U\noutput_text.done 1/0 TU\n"
         "content_part.done 1/0\noutput_item.done 1 completed\n"},
        {"other choices", {{TextDelta{"T", nullptr}, 1}}, ""},
    };
    const ReplyRules rules = rules_with();
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Events events = {begin()};
      events.insert(events.end(), row.events.begin(), row.events.end());
      events.push_back(finish(FinishReason::Stop));
      events.push_back({End{}});
      const std::string frames = frames_of(events, rules);
      CHECK(summary_of(frames) == row.want + "completed\n");
      // The whole answer is what the stream ends with, and every item is what its `done` said.
      const Json last = data_of(frames).back().at("response");
      CHECK(whole_of(events, rules) == last);
      std::size_t done = 0;
      for (const Json& event : data_of(frames)) {
        if (event.at("type") != "response.output_item.done") continue;
        CHECK(last.at("output").at(event.at("output_index").get<std::size_t>()) == event.at("item"));
        ++done;
      }
      CHECK(last.at("output").size() == done);
    }
  }

  TEST_CASE("the finish reason becomes a status, and the last item of an incomplete answer is incomplete") {
    struct Ending {
      std::string name;
      FinishReason reason;
      std::string status;
      std::string details;
      std::string last_item;
    };
    const std::string limit = R"({"reason":"max_output_tokens"})";
    const std::vector<Ending> rows = {
        {"stop", FinishReason::Stop, "completed", "null", "completed"},
        {"stop sequence", FinishReason::StopSequence, "completed", "null", "completed"},
        {"length", FinishReason::Length, "incomplete", limit, "incomplete"},
        {"context", FinishReason::ContextWindow, "incomplete", limit, "incomplete"},
        {"calls", FinishReason::ToolCalls, "completed", "null", "completed"},
        {"filter", FinishReason::ContentFilter, "incomplete", R"({"reason":"content_filter"})", "incomplete"},
        {"pause", FinishReason::Pause, "completed", "null", "completed"},
        {"unknown", FinishReason::Unknown, "completed", "null", "completed"},
    };
    const ReplyRules rules = rules_with();
    for (const Ending& row : rows) {
      CAPTURE(row.name);
      for (const bool with_call : {false, true}) {
        Events events = {begin(), {TextDelta{"T", nullptr}}};
        const Events call = {{CallBegin{0, "c", "f", false, ""}}, {CallDelta{0, "{"}}, {CallEnd{0}}};
        if (with_call) events.insert(events.end(), call.begin(), call.end());
        events.push_back(finish(row.reason));
        events.push_back({End{}});
        const Json response = whole_of(events, rules);
        CHECK(response["status"] == row.status);
        CHECK(response["incomplete_details"].dump() == row.details);
        CHECK(response["output"].back()["status"] == row.last_item);
        if (with_call) CHECK(response["output"][0]["status"] == "completed");
        CHECK(response["completed_at"].is_null() == (row.status != "completed"));
        CHECK(data_of(frames_of(events, rules)).back()["type"] == "response." + row.status);
      }
    }
  }

  TEST_CASE("a refusal's explanation is a refusal where there was none") {
    const ReplyRules rules = rules_with();
    const Event refused = {Finish{FinishReason::ContentFilter, "refusal", "", "Not that."}};
    const Json told = whole_of({begin(), refused, {End{}}}, rules);
    CHECK(told["output"][0]["content"].dump() == R"([{"type":"refusal","refusal":"Not that."}])");
    const Json once = whole_of({begin(), {RefusalDelta{"No."}}, refused, {End{}}}, rules);
    CHECK(once["output"][0]["content"].dump() == R"([{"type":"refusal","refusal":"No."}])");
  }

  TEST_CASE("proofs travel in envelopes to clients that ask for them, redacted ones and those of calls, too") {
    const ReplyRules rules = rules_with("{}", true);
    const Events events = {begin(),
                           {ReasoningDelta{"R"}},
                           {ReasoningEnd{Vendor::Anthropic, "P", false}},
                           {ReasoningEnd{Vendor::Anthropic, "D", true}},
                           {ReasoningDelta{"S"}},
                           {ReasoningEnd{}},
                           {CallBegin{0, "c", "f", false, "G"}},
                           {CallEnd{0}},
                           finish(FinishReason::ToolCalls),
                           {End{}}};
    const Json output = whole_of(events, rules)["output"];
    REQUIRE(output.size() == 5);
    CHECK(output[0]["encrypted_content"] == seal(Vendor::Anthropic, "P", false));
    CHECK(output[1]["encrypted_content"] == seal(Vendor::Anthropic, "D", true));
    CHECK(output[1]["summary"].empty());
    CHECK(output[2]["encrypted_content"] == seal(Vendor::None, "", false));
    CHECK(output[3]["encrypted_content"] == seal(Vendor::Google, "G", false));
    CHECK(output[4]["type"] == "function_call");
  }

  TEST_CASE("annotations and log probabilities stand in the text's part") {
    const ReplyRules rules = rules_with();
    const Json logprobs = Json::parse(R"({"content":[{"token":"T","logprob":-1,"bytes":[84],"top_logprobs":[]}]})");
    const Json list = Json::parse(R"([{"type":"url_citation","url_citation":{"url":"u","title":"t"}}])");
    const Events events = {
        begin(), {TextDelta{"T", &logprobs}}, {Annotations{&list}}, finish(FinishReason::Stop), {End{}}};
    const std::vector<Json> data = data_of(frames_of(events, rules));
    CHECK(data[4]["logprobs"] == logprobs["content"]);
    CHECK(data[5]["type"] == "response.output_text.annotation.added");
    CHECK(data[5]["annotation_index"] == 0);
    CHECK(data.back()["response"]["output"][0]["content"][0].dump() ==
          R"({"type":"output_text","text":"T","annotations":[{"type":"url_citation","url":"u","title":"t"}],)"
          R"("logprobs":[{"token":"T","logprob":-1,"bytes":[84],"top_logprobs":[]}]})");
  }

  TEST_CASE("an image is an item of its own") {
    const ReplyRules rules = rules_with();
    const Json image = Json::parse(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})");
    const Json response = whole_of({begin(), {ImageOutput{&image}}, finish(FinishReason::Stop), {End{}}}, rules);
    CHECK(response["output"].dump() == R"([{"id":"ig_1_0","type":"image_generation_call","status":"completed",)"
                                       R"("result":"AAAA"}])");
  }

  TEST_CASE("a failure is a failed response with the next number, and nothing follows it") {
    const ReplyRules rules = rules_with();
    const ProviderError error = {429, "Slow down.", "rate_limit_error", ""};
    const Events events = {begin(), {TextDelta{"T", nullptr}}, {Failed{&error}}, {TextDelta{"U", nullptr}}, {End{}}};
    const std::vector<Json> data = data_of(frames_of(events, rules));
    const Json& last = data.back();
    CHECK(last["type"] == "response.failed");
    CHECK(last["sequence_number"] == data.size() - 1);
    CHECK(last["response"]["status"] == "failed");
    CHECK(last["response"]["error"].dump() == R"({"code":"rate_limit_exceeded","message":"Slow down."})");
    CHECK(last["response"]["output"][0]["status"] == "incomplete");
    // Clients need the first event in any case.
    CHECK(data_of(frames_of({{Failed{&error}}}, rules))[0]["type"] == "response.created");
  }

  TEST_CASE("ids are the provider's behind the dialect's prefix, or made up") {
    const ReplyRules rules = rules_with();
    const auto id_for = [&](std::string_view id) {
      const Events events = {{Begin{id, "m", 0, "", ""}}, finish(FinishReason::Stop), {End{}}};
      return whole_of(events, rules)["id"].get<std::string>();
    };
    CHECK(id_for("chatcmpl-9") == "resp_9");
    CHECK(id_for("msg_9") == "resp_9");
    CHECK(id_for("resp_9") == "resp_9");
    CHECK(id_for("x9") == "resp_x9");
    CHECK(id_for("").size() == 29);
    CHECK(id_for("") != id_for(""));
    const Events nameless = {begin(), {CallBegin{0, "", "f", false, ""}}, {CallEnd{0}}, {End{}}};
    const Json call = whole_of(nameless, rules)["output"][0];
    CHECK(text_of(call, "call_id").substr(0, 5) == "call_");
    CHECK(text_of(call, "call_id").size() == 29);
  }
}

}  // namespace aigw::protocol::responses
