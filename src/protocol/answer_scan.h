// One walk over an event's data or a whole answer that collects what all dialects say about content, end, cost
// and failure. What it means is for facts.cpp to decide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/facts.h"

namespace aigw::protocol {

// Views point into the text; they are empty where it says nothing.
struct AnswerScan {
  bool is_object = false;  // the whole text is one JSON object; else nothing below counts
  // Chat and Completions.
  bool has_choices = false;
  bool choices_empty = true;
  std::string_view finish_reason;  // of the last choice that carries one
  // Responses and other typed events. What stands in a `response` member is read as if it stood at the top.
  std::string_view type;
  std::string_view status;
  std::string_view incomplete_reason;  // `incomplete_details.reason`
  std::optional<std::int64_t> sequence_number;
  // Messages. What stands in a `message` object is read as if it stood at the top.
  std::string_view stop_reason;
  // All dialects.
  bool has_content = false;    // generated text, reasoning, a refusal, a tool call, audio, an image
  std::size_t text_bytes = 0;  // of those that are text
  std::optional<TokenUpdate> usage;  // what it names; a sum alone counts as the prompt
  std::string_view error;        // the JSON of an `error` member that says something, wherever it stands
  bool has_error_shape = false;  // `{"object":"error",…}`
  bool has_message = false;      // a top-level `message` or `detail`, as bare errors have
};

// `text` must have kPadding readable bytes behind its end.
AnswerScan scan_answer(std::string_view text);

}  // namespace aigw::protocol
