#include "protocol/chat/finish_reason.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace aigw::protocol::chat {
namespace {

using canonical::FinishReason;

struct Word {
  std::string_view word;
  FinishReason reason;
};

// OpenAI's words, and those that servers which speak its API pass on from elsewhere.
constexpr Word kWords[] = {
    {"stop", FinishReason::Stop},
    {"length", FinishReason::Length},
    {"tool_calls", FinishReason::ToolCalls},
    {"function_call", FinishReason::ToolCalls},
    {"content_filter", FinishReason::ContentFilter},
    {"end_turn", FinishReason::Stop},
    {"eos", FinishReason::Stop},
    {"eos_token", FinishReason::Stop},
    {"stop_sequence", FinishReason::Stop},
    {"max_tokens", FinishReason::Length},
    {"model_length", FinishReason::Length},
    {"tool_use", FinishReason::ToolCalls},
    {"refusal", FinishReason::ContentFilter},
};

// The one word of each vendor that stands for the reason: nothing is lost where it is left out.
struct Implied {
  std::string_view word;
  std::array<std::string_view, 5> natives;
};
constexpr Implied kImplied[] = {
    {"stop", {"stop", "end_turn", "STOP", "completed", ""}},
    {"length", {"length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "incomplete"}},
    {"tool_calls", {"tool_calls", "tool_use", "function_call", "STOP", "completed"}},
    {"content_filter", {"content_filter", "refusal", "", "", ""}},
};

}  // namespace

FinishReason read_finish_reason(std::string_view word) {
  const auto* const known = std::find_if(std::begin(kWords), std::end(kWords),
                                         [&](const Word& candidate) { return candidate.word == word; });
  return known == std::end(kWords) ? FinishReason::Unknown : known->reason;
}

const char* finish_word(FinishReason reason) {
  switch (reason) {
    case FinishReason::Length:
    case FinishReason::ContextWindow: return "length";
    case FinishReason::ToolCalls: return "tool_calls";
    case FinishReason::ContentFilter: return "content_filter";
    default: return "stop";
  }
}

bool is_implied(std::string_view native, std::string_view word) {
  if (native.empty() || native == word) return true;
  return std::any_of(std::begin(kImplied), std::end(kImplied), [&](const Implied& row) {
    return row.word == word && std::find(row.natives.begin(), row.natives.end(), native) != row.natives.end();
  });
}

}  // namespace aigw::protocol::chat
