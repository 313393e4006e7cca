// Both encoders: what the frames of a stream say is what a whole answer says.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/completions/completions.h"
#include "protocol/error_conversion.h"

namespace aigw::protocol::completions {
namespace {

using namespace canonical;

const Json kLogprobs = Json::parse(
    R"({"content":[{"token":"é","logprob":-1,"top_logprobs":[{"token":"é","logprob":-1},{"token":"b",)"
    R"("logprob":-2.5}]},)"
    R"({"token":"x","logprob":-3,"top_logprobs":[]}]})");

const std::vector<Event> kAnswer = {{Begin{"chatcmpl-1", "m", 7, "", ""}},
                                    {ReasoningDelta{"r"}},
                                    {ReasoningEnd{}},
                                    {TextDelta{"éx", &kLogprobs}},
                                    {RefusalDelta{"!"}},
                                    {CallBegin{0, "1", "f", false, ""}},
                                    {CallEnd{0}},
                                    {TextDelta{"b", nullptr}, 1},
                                    {Finish{FinishReason::ToolCalls, "", "", ""}},
                                    {Finish{FinishReason::Length, "", "", ""}, 1},
                                    {UsageReport{Usage{3, 0, 0, 2, 0, {}, {}}}},
                                    {End{}}};

std::string stream(const ReplyRules& rules, const std::vector<Event>& events) {
  const std::unique_ptr<StreamEncoder> encoder = stream_encoder(rules);
  for (const Event& event : events) encoder->take(event);
  return encoder->take_frames();
}

std::string chunk(const std::string& choices, const std::string& usage) {
  return R"(data: {"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[)" + choices +
         R"(],"usage":)" + usage + "}\n\n";
}

std::string text(const char* words, const char* index, const std::string& logprobs = "null",
                 const char* finish = "null") {
  return chunk(std::string(R"({"text":)") + words + R"(,"index":)" + index + R"(,"logprobs":)" + logprobs +
                   R"(,"finish_reason":)" + finish + "}",
               "null");
}

const std::string kUsage =
    R"({"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0,)"
    R"("cache_write_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}})";

std::string logprobs_from(const char* first, const char* second) {
  return std::string(R"({"tokens":["é","x"],"token_logprobs":[-1,-3],"top_logprobs":[{"é":-1,"b":-2.5},{}],)"
                     R"("text_offset":[)") +
         first + "," + second + "]}";
}

}  // namespace

TEST_SUITE("protocol/completions/encoder") {
  TEST_CASE("a stream has texts only, the prompt first where it was asked for") {
    ReplyRules rules;
    rules.include_usage = true;
    rules.echo = "pü";
    CHECK(stream(rules, kAnswer) == text(R"("pü")", "0") + text(R"("éx")", "0", logprobs_from("2", "3")) +
                                        text(R"("pü")", "1") + text(R"("b")", "1") + text(R"("!")", "0") +
                                        text(R"("")", "0", "null", R"("stop")") +
                                        text(R"("")", "1", "null", R"("length")") + chunk("", kUsage)
                                            + "data: [DONE]\n\n");
  }

  TEST_CASE("the bare word of a filter is no text") {
    const std::vector<Event> blocked = {{Begin{"1", "m", 7, "", ""}},
                                        {RefusalDelta{"SAFETY"}},
                                        {Finish{FinishReason::ContentFilter, "SAFETY", "", "SAFETY"}},
                                        {End{}}};
    const std::string frames = stream({}, blocked);
    CHECK(frames.find("\"text\":\"SAFETY\"") == std::string::npos);
    CHECK(frames.find("\"content_filter\"") != std::string::npos);
  }

  TEST_CASE("without include_usage there is no usage") {
    const std::string frames = stream({}, kAnswer);
    CHECK(frames.find("usage") == std::string::npos);
    CHECK(frames.find("\"choices\":[]") == std::string::npos);
  }

  TEST_CASE("a failure is the last frame") {
    const ProviderError error = {502, "cut", "server_error", "upstream_truncated"};
    CHECK(stream({}, {{Begin{"1", "m", 7, "", ""}}, {Failed{&error}}, {End{}}}) ==
          error_frame(Dialect::Completions, form_of(0, error, {})));
  }

  TEST_CASE("a whole answer says the same") {
    ReplyRules rules;
    rules.echo = "pü";
    const std::unique_ptr<AnswerEncoder> encoder = answer_encoder(rules);
    for (const Event& event : kAnswer) encoder->take(event);
    CHECK(dump(encoder->finish()) ==
          R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[{"text":"püéx!","index":0,)"
          R"("logprobs":)" + logprobs_from("2", "3") + R"(,"finish_reason":"stop"},{"text":"püb","index":1,)"
                                                       R"("logprobs":null,)"
          R"("finish_reason":"length"}],"usage":)" + kUsage + "}");
  }

  TEST_CASE("log probabilities of several pieces are one list") {
    const ReplyRules rules;
    const std::unique_ptr<AnswerEncoder> encoder = answer_encoder(rules);
    encoder->take({Begin{"1", "m", 7, "", ""}});
    for (int i = 0; i < 2; ++i) encoder->take({TextDelta{"éx", &kLogprobs}});
    encoder->take({End{}});
    const Json logprobs = encoder->finish().at("choices").at(0).at("logprobs");
    CHECK(dump(logprobs.at("text_offset")) == "[0,1,2,3]");
    CHECK(logprobs.at("tokens").size() == 4);
  }
}

}  // namespace aigw::protocol::completions
