#include "protocol/answer_conversion.h"

#include <doctest/doctest.h>

#include <string>

#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

// A Chat chunk with a piece of the arguments of call `index`.
std::string arguments(int index, const std::string& text) {
  return R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":)" + std::to_string(index) +
         R"(,"function":{"arguments":)" + quote(text) + "}}]}}]}";
}

std::string call(int index, const std::string& name) {
  const std::string number = std::to_string(index);
  return R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":)" + number + R"(,"id":"c)" + number +
         R"(","type":"function","function":{"name":")" + name + R"(","arguments":""}}]}}]})";
}

// How many of 12 pieces of 1 MiB for call `index` are taken until the answer fails.
int taken(AnswerConversion& answer, int index) {
  const std::string piece = arguments(index, std::string(1024 * 1024, 'x'));
  int count = 0;
  while (count < 12 && !answer.failure()) {
    answer.take_event("", piece);
    answer.take_frames();
    ++count;
  }
  return count;
}

}  // namespace

TEST_SUITE("protocol/answer_conversion") {
  TEST_CASE("what waits behind an unfinished call is bounded") {
    AnswerConversion answer(Dialect::Messages, true, Dialect::Chat, {});
    answer.take_event("", call(0, "f"));
    answer.take_event("", arguments(0, "{\"a\":"));
    answer.take_event("", call(1, "g"));
    CHECK(taken(answer, 1) == 8);  // with what a block itself takes
    REQUIRE(answer.failure());
    CHECK(answer.failure()->status == 502);
  }

  TEST_CASE("arguments that are unwrapped at their end are bounded") {
    canonical::ReplyRules rules;
    rules.custom_tools = {"f"};
    AnswerConversion answer(Dialect::Messages, true, Dialect::Chat, rules);
    answer.take_event("", call(0, "f"));
    CHECK(taken(answer, 0) == 9);
    CHECK(answer.failure());
  }

  TEST_CASE("a call that is written as it comes is not") {
    AnswerConversion answer(Dialect::Messages, true, Dialect::Chat, {});
    answer.take_event("", call(0, "f"));
    CHECK(taken(answer, 0) == 12);
    CHECK_FALSE(answer.failure());
  }

  TEST_CASE("what was held counts no more when it is written") {
    AnswerConversion answer(Dialect::Messages, true, Dialect::Chat, {});
    answer.take_event("", call(0, "f"));
    for (int i = 1; i <= 12; ++i) {
      answer.take_event("", arguments(i - 1, "{\"a\":"));
      answer.take_event("", call(i, "f"));
      answer.take_event("", arguments(i, std::string(1024 * 1024, ' ')));
      answer.take_event("", arguments(i - 1, "1}"));
      CHECK_FALSE(answer.failure());
    }
  }
}

}  // namespace aigw::protocol
