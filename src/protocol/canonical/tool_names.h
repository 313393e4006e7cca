// Names of tools that a provider's rule does not allow become aliases on the way there, and themselves again on the
// way back (protocols.md §3.4).
#pragma once

#include "base/dialect.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// Puts aliases in place of names that dialect `to` (Chat, Responses, Messages, Gemini) refuses: in tools, tool choice
// and history. Notes them in `rules.tool_names`. Deterministic: equal names give equal aliases in every request.
void fit_tool_names(Request& request, Dialect to, ReplyRules& rules);

}  // namespace aigw::protocol::canonical
