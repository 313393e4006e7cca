#include "convert/convert.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::convert {
namespace {

TEST_SUITE("convert/convert") {
  TEST_CASE("there is no conversion from or to what nothing reads or writes") {
    for (const char* direction :
         {"openai_to_gemini_response", "openai_stream_to_gemini_stream", "gemini_to_openai_request",
          "completions_to_openai_response", "openai_to_completions_request", "openai_to_embeddings_request",
          "anthropic_to_embeddings_stream", "gemini_nonstream_to_gemini_stream",
          "embeddings_stream_to_embeddings_nonstream"}) {
      CAPTURE(direction);
      const Result<std::string> output = convert(direction, R"({"body":{"model":"m"}})");
      REQUIRE(!output);
      CHECK(output.error().detail.find("There is no conversion") == 0);
    }
  }
}

}  // namespace
}  // namespace aigw::convert
