// Tools and the choice between them as Gemini has them (protocols.md §11.1).
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// Takes out of the request what Gemini can't be told: tools that run at another vendor (rejected, or dropped if the
// operator wants that), tools that an `auto` choice among some of them leaves out. Rejects the choice of a tool that is
// not there.
void fit_tools(canonical::Request& request, const Target& target, canonical::Notes& notes);

// `functionDeclarations` for all tools. Custom tools become functions with one text, and are noted in `rules`.
// Precondition: fit_tools.
Json function_declarations(const canonical::Request& request, const Target& target, canonical::ReplyRules& rules);

// `functionCallingConfig`, or null where nothing was chosen. Precondition: fit_tools.
Json calling_config(const canonical::Request& request);

}  // namespace aigw::protocol::gemini
