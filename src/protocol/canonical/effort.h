// Between words for how hard a model shall think and numbers of tokens (protocols.md §3.7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// Tokens for Messages' budget form; 0 for `none`, and for a word that is not in the table (is_effort tells).
std::int64_t messages_budget(std::string_view effort);
// Tokens for Gemini's thinkingBudget.
std::int64_t gemini_budget(std::string_view effort);
// `MINIMAL`, `LOW`, `MEDIUM`, `HIGH`, of those that `levels` (lower case) offers.
std::string gemini_level(std::string_view effort, const std::vector<std::string>& levels);

bool is_effort(std::string_view word);

// The word that a model takes instead of `effort`: itself if `levels` has it, else the nearest lower one of `xhigh` and
// `max`, `low` for `minimal`; `none` only if offered, else the lowest offered.
std::string clamp_effort(std::string_view effort, const std::vector<std::string>& levels);

// The effort that a Messages client's wish comes to, "" for none: its effort, else its budget in the table's steps,
// else `none` where thinking is disabled.
std::string effort_of(const Reasoning& reasoning);

// The same as an OpenAI-like model takes it (§3.7 "Reverse"): an effort is clamped, `xhigh` out of a budget is `high`
// where it is not offered, and disabled thinking is `minimal` where `none` is not.
std::string openai_effort(const Reasoning& reasoning, const std::vector<std::string>& levels);

}  // namespace aigw::protocol::canonical
