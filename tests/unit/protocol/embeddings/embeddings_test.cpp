#include "protocol/embeddings/embeddings.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace aigw::protocol::embeddings {
namespace {

using canonical::Notes;

// 0.5, -1.25 and 0.1 as little-endian float32.
constexpr const char* kBase64 = "AAAAPwAAoL/NzMw9";

Json tree(const std::string& text) { return Json::parse(text); }

}  // namespace

TEST_SUITE("protocol/embeddings/embeddings") {
  TEST_CASE("each text is a request of Gemini's batch") {
    Notes notes;
    CHECK(to_gemini(tree(R"({"model":"m","input":"a","encoding_format":"base64","dimensions":null})"), "emb-1", notes)
              .dump() == R"({"requests":[{"model":"models/emb-1","content":{"parts":[{"text":"a"}]}}]})");
    CHECK(to_gemini(tree(R"({"input":["a"," "],"dimensions":3,"encoding_format":"float"})"), "models/emb-1", notes)
              .dump() ==
          R"({"requests":[{"model":"models/emb-1","content":{"parts":[{"text":"a"}]},"outputDimensionality":3},)"
          R"({"model":"models/emb-1","content":{"parts":[{"text":" "}]},"outputDimensionality":3}]})");
    CHECK_FALSE(notes.rejection());
    CHECK(notes.dropped().empty());
    to_gemini(tree(R"({"input":"a","user":"u","extra":1,"nothing":null})"), "m", notes);
    CHECK(notes.dropped() == std::vector<std::string>{"user", "extra"});
  }

  TEST_CASE("what is no text is rejected") {
    struct Row {
      const char* body;
      const char* param;
    };
    const Row rows[] = {
        {R"({})", "input"},
        {R"({"input":null})", "input"},
        {R"({"input":[1,2]})", "input"},
        {R"({"input":[[1,2],[3]]})", "input"},
        {R"({"input":["a",7]})", "input"},
        {R"({"input":[{}]})", "input"},
        {R"({"input":{}})", "input"},
        {R"({"input":5})", "input"},
        {R"({"input":"a","dimensions":0})", "dimensions"},
        {R"({"input":"a","dimensions":"3"})", "dimensions"},
        {R"({"input":"a","dimensions":1.5})", "dimensions"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.body);
      Notes notes;
      to_gemini(tree(row.body), "m", notes);
      REQUIRE(notes.rejection());
      CHECK(notes.rejection()->param == row.param);
    }
  }

  TEST_CASE("base64 is wanted where it is asked for") {
    CHECK(wants_base64(tree(R"({"encoding_format":"base64"})")));
    for (const char* body : {"{}", R"({"encoding_format":"float"})", R"({"encoding_format":null})", "[]"}) {
      CHECK_FALSE(wants_base64(tree(body)));
    }
  }

  TEST_CASE("Gemini's vectors become a list") {
    const Json answer = tree(R"({"embeddings":[{"values":[0.5,-1.25,0.1]},{"values":[1,2,3]}]})");
    const Result<Json> numbers = from_gemini(answer, "m", false, 9);
    REQUIRE(numbers);
    CHECK(numbers->dump() ==
          R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.25,0.1]},)"
          R"({"object":"embedding","index":1,"embedding":[1,2,3]}],"model":"m",)"
          R"("usage":{"prompt_tokens":9,"total_tokens":9}})");
    const Result<Json> texts = from_gemini(answer, "m", true, 9);
    REQUIRE(texts);
    CHECK((*texts)["data"][0]["embedding"] == kBase64);

    const Result<Json> single =
        from_gemini(tree(R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":4}})"), "m", false, 9);
    REQUIRE(single);
    CHECK((*single)["data"].size() == 1);
    CHECK((*single)["usage"]["prompt_tokens"] == 4);
  }

  TEST_CASE("vectors are given in the form that is wanted, in order") {
    const std::string data = R"([{"object":"embedding","index":1,"embedding":[1.0]},)"
                             R"({"object":"embedding","index":0,"embedding":")" +
                             std::string(kBase64) + R"("}])";
    const Json answer = tree(R"({"object":"list","model":"m","data":)" + data + R"(,"usage":{"prompt_tokens":1}})");
    const Result<Json> numbers = normalised(answer, false);
    REQUIRE(numbers);
    CHECK((*numbers)["data"][0]["index"] == 0);
    CHECK((*numbers)["data"][0]["embedding"][1] == -1.25);
    CHECK((*numbers)["data"][1]["embedding"].dump() == "[1.0]");
    CHECK((*numbers)["usage"] == answer["usage"]);
    const Result<Json> texts = normalised(answer, true);
    REQUIRE(texts);
    CHECK((*texts)["data"][0]["embedding"] == kBase64);
    CHECK((*texts)["data"][1]["embedding"] == "AACAPw==");
  }

  TEST_CASE("what holds no vectors is garbled") {
    for (const char* text : {"{}", "[]", R"({"embeddings":[]})", R"({"embeddings":[{}]})", R"({"embeddings":[7]})",
                             R"({"embeddings":[{"values":"x"}]})",
                             R"({"embeddings":[{"values":[1]},{"values":["x"]}]})",
                             R"({"embedding":null})"}) {
      CAPTURE(text);
      for (const bool base64 : {false, true}) {
        const Result<Json> answer = from_gemini(tree(text), "m", base64, 0);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::Garbled);
      }
    }
    for (const char* text : {"{}", R"({"data":[]})", R"({"data":{}})", R"({"data":[1]})", R"({"data":[{}]})",
                             R"({"data":[{"embedding":{}}]})", R"({"data":[{"embedding":["x"]}]})"}) {
      CAPTURE(text);
      for (const bool base64 : {false, true}) CHECK_FALSE(normalised(tree(text), base64));
    }
  }
}

}  // namespace aigw::protocol::embeddings
