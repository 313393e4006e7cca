#include "protocol/embeddings/answer.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::protocol::embeddings {
namespace {

std::string entry(int index, const std::string& vector) {
  return R"({"object":"embedding","index":)" + std::to_string(index) + R"(,"embedding":)" + vector + '}';
}

std::string list(const std::string& entries) { return R"({"object": "list", "data":[)" + entries + "]}"; }

std::string converted(const std::string& answer, const std::string& asked) {
  Result<std::string> result = convert_answer(Dialect::Embeddings, answer, asked, "m", 0);
  return result ? *result : "failed";
}

}  // namespace

TEST_SUITE("protocol/embeddings/answer") {
  TEST_CASE("an answer in order and in the wanted form keeps its bytes") {
    const std::string numbers = list(entry(0, "[1.0, 2]") + " , " + entry(1, "[3]") + "," + entry(10, "[3]"));
    CHECK(converted(numbers, R"({"input":"a"})") == numbers);
    CHECK(converted(numbers, R"({"input":"base64"})") == numbers);
    CHECK(converted(numbers, R"({"encoding_format":null})") == numbers);
    const std::string texts = list(entry(0, R"("AACAPw==")"));
    CHECK(converted(texts, R"({"encoding_format":"base64"})") == texts);
    const std::string unnumbered = R"({"data":[{"embedding":[1]},{"embedding":[2]}]})";
    CHECK(converted(unnumbered, "{}") == unnumbered);
  }

  TEST_CASE("another form, or another order, is put right") {
    CHECK(converted(list(entry(0, "[1]")), R"({"encoding_format":"base64"})") ==
          R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}]})");
    CHECK(converted(list(entry(0, R"("AACAPw==")")), R"({"encoding_format":"float"})") ==
          R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0]}]})");
    CHECK(converted(list(entry(2, "[2]") + "," + entry(10, "[10]") + "," + entry(1, "[1]")), "{}") ==
          R"({"object":"list","data":[)" + entry(1, "[1]") + "," + entry(2, "[2]") + "," + entry(10, "[10]") + "]}");
  }

  TEST_CASE("of vectors in both forms each is put right") {
    CHECK(converted(list(entry(0, "[1]") + "," + entry(1, R"("AACAPw==")")), "{}") ==
          R"({"object":"list","data":[)" + entry(0, "[1]") + "," + entry(1, "[1.0]") + "]}");
    CHECK(converted(list(entry(0, R"("AACAPw==")") + "," + entry(1, "[1]")), R"({"encoding_format":"base64"})") ==
          R"({"object":"list","data":[)" + entry(0, R"("AACAPw==")") + "," + entry(1, R"("AACAPw==")") + "]}");
  }

  TEST_CASE("an answer without vectors is none") {
    for (const char* answer : {"{}", R"({"foo":1})", R"({"data":[]})", R"(["embedding"])", "<html>oops", ""}) {
      CAPTURE(answer);
      CHECK(converted(answer, "{}") == "failed");
    }
  }

  TEST_CASE("an answer of Gemini's bears the model that was asked for where no other is told") {
    const std::string answer = R"({"embeddings":[{"values":[1]}]})";
    const std::string asked = R"({"model":"alias","input":"a"})";
    for (const char* const model : {"", "told"}) {
      const Result<std::string> result = convert_answer(Dialect::Gemini, answer, asked, model, 3);
      REQUIRE(result);
      CHECK(*result == R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":")" +
                           std::string(*model == '\0' ? "alias" : model) +
                           R"(","usage":{"prompt_tokens":3,"total_tokens":3}})");
    }
  }
}

}  // namespace aigw::protocol::embeddings
