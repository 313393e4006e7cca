#include "convert/direction.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::convert {
namespace {

using Kind = Direction::Kind;

TEST_SUITE("convert/direction") {
  TEST_CASE("a name tells what is converted, from which dialect to which, and in which forms") {
    struct Row {
      const char* name;
      Kind kind;
      Dialect from;
      Dialect to;
      bool from_stream;
      bool to_stream;
    };
    for (const Row& row :
         {Row{"openai_to_anthropic_request", Kind::Request, Dialect::Chat, Dialect::Messages, false, false},
          Row{"responses_to_gemini_request", Kind::Request, Dialect::Responses, Dialect::Gemini, false, false},
          Row{"openai_to_openai_request", Kind::Request, Dialect::Chat, Dialect::Chat, false, false},
          Row{"gemini_to_completions_response", Kind::Answer, Dialect::Gemini, Dialect::Completions, false, false},
          Row{"embeddings_to_embeddings_response", Kind::Answer, Dialect::Embeddings, Dialect::Embeddings, false, false},
          Row{"anthropic_stream_to_openai_stream", Kind::Answer, Dialect::Messages, Dialect::Chat, true, true},
          Row{"openai_stream_to_openai_nonstream", Kind::Answer, Dialect::Chat, Dialect::Chat, true, false},
          Row{"responses_nonstream_to_responses_stream", Kind::Answer, Dialect::Responses, Dialect::Responses, false,
              true},
          Row{"gemini_error_to_anthropic_error", Kind::Error, Dialect::Gemini, Dialect::Messages, false, false}}) {
      CAPTURE(row.name);
      const auto direction = parse_direction(row.name);
      REQUIRE(direction.has_value());
      CHECK(direction->kind == row.kind);
      CHECK(direction->from == row.from);
      CHECK(direction->to == row.to);
      CHECK(direction->from_stream == row.from_stream);
      CHECK(direction->to_stream == row.to_stream);
    }
  }

  TEST_CASE("what names no conversion is none") {
    for (const char* name :
         {"", "openai", "openai_to_anthropic", "openai_request", "openai_to_azure_request", "_to__request",
          "openai_error_to_anthropic_request", "openai_to_anthropic_error", "chat_to_messages_request"}) {
      CAPTURE(name);
      CHECK_FALSE(parse_direction(name).has_value());
    }
  }
}

}  // namespace
}  // namespace aigw::convert
