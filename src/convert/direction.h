// The names of conversions, as `ai-gateway convert` takes them (protocols.md §16): `anthropic_to_openai_request`,
// `openai_stream_to_anthropic_stream`, …
#pragma once

#include <optional>
#include <string_view>

#include "base/dialect.h"

namespace aigw::convert {

struct Direction {
  enum class Kind { Request, Answer, Error };
  Kind kind = Kind::Request;
  Dialect from = Dialect::Chat;  // of the client in a request, else of the provider
  Dialect to = Dialect::Chat;
  bool from_stream = false;      // of an answer
  bool to_stream = false;
};

// Nothing for a name that is none.
std::optional<Direction> parse_direction(std::string_view name);

// How the names are made, for the help.
inline constexpr const char* kDirections =
    "<from>_to_<to>_request, <from>_to_<to>_response, <from>_stream_to_<to>_stream, "
    "<dialect>_stream_to_<dialect>_nonstream, <dialect>_nonstream_to_<dialect>_stream, <from>_error_to_<to>_error; "
    "dialects: openai, anthropic, responses, gemini, completions, embeddings";

}  // namespace aigw::convert
