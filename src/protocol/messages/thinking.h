// How Messages is told to think, and what that costs (protocols.md §3.7, §4.6).
#pragma once

#include <cstdint>
#include <string>

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_box.h"

namespace aigw::protocol::messages {

struct ThinkingPlan {
  JsonBox thinking;    // the member `thinking`; empty: not sent
  std::string effort;  // for `output_config.effort`; "": not sent
  bool on = false;     // the model will think: sampling and forced tools are restricted
  std::int64_t max_tokens = 1;  // the answer's limit, which a budget for thinking must leave room in
};

// A wish to think that can't be met is dropped: the provider's model can't, a tool call is forced, the limit of tokens
// is too low, or the turn under way began without thinking.
ThinkingPlan plan_thinking(const canonical::Request& request, const config::Capabilities& can, bool forced_tool,
                           canonical::Notes& notes);

}  // namespace aigw::protocol::messages
