#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/responses/joiner.h"

namespace aigw::protocol::responses {
namespace {

// What the frames come to, or the error's detail; at most `events_max` of them are read.
std::string joined(std::string_view frames, std::size_t events_max = 1000) {
  const auto join = joiner();
  for (std::size_t at = frames.find("data: "); at != std::string_view::npos; at = frames.find("data: ", at)) {
    at += 6;
    if (events_max-- == 0) break;
    const Status added = join->add("", frames.substr(at, frames.find('\n', at) - at));
    if (!added) return added.error().detail;
  }
  const Result<std::string> answer = join->finish();
  return answer ? *answer : answer.error().detail;
}

const std::string kItems =
    R"([{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"A"},{"type":"summary_text",)"
    R"("text":"B"}],)"
    R"("content":[{"type":"reasoning_text","text":"C"}],"encrypted_content":"E"},)"
    R"({"id":"msg_1","type":"message","status":"completed","role":"assistant","phase":"final_answer","content":[)"
    R"({"type":"output_text","annotations":[{"type":"url_citation","url":"u"}],"logprobs":[{"token":"a"}],)"
    R"("text":"Hällo"},)"
    R"({"type":"refusal","refusal":"No"}]},)"
    R"({"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"a\": 1}","call_id":"c","name":"f"},)"
    R"({"id":"ctc_1","type":"custom_tool_call","status":"completed","call_id":"d","input":"hi","name":"g"},)"
    R"({"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search"}}])";

std::string answer_with(const std::string& items, const std::string& status = "completed") {
  return R"({"id":"resp_1","object":"response","created_at":1.5,"status":")" + status +
         R"(","error":null,"model":"m","output":)" + items +
         R"(,"usage":{"input_tokens":1},"future":{"z":1,"a":[null]}})";
}

}  // namespace

TEST_SUITE("protocol/responses/joiner") {
  TEST_CASE("joining what was split gives the answer back") {
    for (const std::string& answer : {answer_with(kItems), answer_with("[]"), answer_with(kItems, "incomplete")}) {
      const Result<std::string> frames = split(answer);
      REQUIRE(frames);
      CHECK(joined(*frames) == answer);
    }
  }

  TEST_CASE("the items of the stream stand for an output that the last event leaves empty") {
    const std::string answer = answer_with(kItems);
    std::string frames = *split(answer);
    const std::size_t last = frames.rfind(kItems);
    REQUIRE(last != std::string::npos);
    frames.replace(last, kItems.size(), "[]");
    CHECK(joined(frames) == answer);

    // The same without the events that repeat a whole item, a whole part or a whole text.
    std::string pieces;
    for (std::size_t at = 0; at < frames.size();) {
      const std::size_t end = frames.find("\n\n", at) + 2;
      const std::string frame = frames.substr(at, end - at);
      if (frame.find(".done\n") == std::string::npos) pieces += frame;
      at = end;
    }
    const auto tree = nlohmann::json::parse(joined(pieces));
    CHECK(tree["output"][0]["summary"].dump() ==
          R"([{"text":"A","type":"summary_text"},{"text":"B","type":"summary_text"}])");
    CHECK(tree["output"][0]["content"][0]["text"] == "C");
    CHECK(tree["output"][1]["content"][0]["text"] == "Hällo");
    CHECK(tree["output"][1]["content"][0]["annotations"][0]["url"] == "u");
    CHECK(tree["output"][1]["content"][1]["refusal"] == "No");
    CHECK(tree["output"][2]["arguments"] == "{\"a\": 1}");
    CHECK(tree["output"][3]["input"] == "hi");
    CHECK(tree["output"][4]["action"]["type"] == "search");
  }

  TEST_CASE("a stream that fails or is cut is no answer") {
    const std::string frames = *split(answer_with(kItems));
    CHECK(joined(frames, 5) == "the stream ended before the answer was complete");
    CHECK(joined("data: {\"type\":\"error\",\"message\":\"Oops.\"}\n\n") == "the stream carries an error: Oops.");
    CHECK(joined("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"Oops.\"}}}\n\n") ==
          "the stream carries an error: Oops.");
    CHECK(joined("data: {\"type\":\"response.completed\"}\n\n") == "the last event has no response");
    CHECK_FALSE(joiner()->add("", "{"));
    CHECK_FALSE(split("[]"));
    CHECK_FALSE(split(R"({"choices":[]})"));
    for (const std::string status : {"in_progress", "queued", "cancelled"}) {
      CHECK_FALSE(split(answer_with(kItems, status)));
    }
  }

  TEST_CASE("values of wrong types are carried or left out") {
    for (const std::string wrong : {"1", "null", "[]", "{}", "\"x\"", "[1]", "[[1]]"}) {
      CAPTURE(wrong);
      const std::string items = R"([1,{"type":"message","content":)" + wrong + R"(},{"type":"reasoning",)"
          R"("summary":)" + wrong +
                                R"(},{"type":"function_call","name":)" + wrong + R"(,"arguments":)" + wrong + "}]";
      const std::string answer = R"({"output":)" + items + R"(,"usage":)" + wrong + "}";
      const Result<std::string> frames = split(answer);
      REQUIRE(frames);
      CHECK(joined(*frames) == answer);
      for (const std::string type : {"output_item.added", "content_part.added", "output_text.delta", "refusal.done",
                                     "output_text.annotation.added", "function_call_arguments.delta"}) {
        const auto join = joiner();
        CHECK(join->add("", R"({"type":"response.output_item.added","output_index":0,)"
                            R"("item":{"content":)" + wrong + "}}"));
        CHECK(join->add("", R"({"type":"response.)" + type + R"(","output_index":0,"content_index":)" + wrong +
                                R"(,"delta":)" + wrong + R"(,"part":)" + wrong + R"(,"annotation":)" + wrong + "}"));
      }
    }
  }
}

}  // namespace aigw::protocol::responses
