#include "protocol/messages/stop_reason.h"

namespace aigw::protocol::messages {
namespace {

using canonical::FinishReason;

struct Row {
  const char* word;
  FinishReason reason;
};

constexpr Row kRows[] = {
    {"end_turn", FinishReason::Stop},
    {"stop_sequence", FinishReason::StopSequence},
    {"max_tokens", FinishReason::Length},
    {"model_context_window_exceeded", FinishReason::ContextWindow},
    {"tool_use", FinishReason::ToolCalls},
    {"refusal", FinishReason::ContentFilter},
    {"pause_turn", FinishReason::Pause},
};

}  // namespace

canonical::FinishReason finish_reason_of(std::string_view stop_reason) {
  for (const Row& row : kRows) {
    if (row.word == stop_reason) return row.reason;
  }
  return FinishReason::Unknown;
}

const char* stop_reason_of(canonical::FinishReason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return row.word;
  }
  return "end_turn";
}

}  // namespace aigw::protocol::messages
