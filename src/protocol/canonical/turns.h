// Puts the turns of a conversation into the order that a provider insists on (protocols.md §3.1 "Repair").
#pragma once

#include "base/dialect.h"
#include "config/capabilities.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// Applies the repairs 1 to 8 that concern dialect `to` (Chat, Messages, Gemini; Responses takes any order and is left
// as it is). Afterwards:
// - each assistant turn with calls is followed at once by one Tool message with exactly one result for each, in the
//   order of the calls (calls of the very last message may be open);
// - Messages and Gemini: system messages stand only in front, all of them before the first other one. A later one has
//   become `<system>…</system>` text in the user message at its place (§4.2), after any tool results; with
//   `can.mid_system` a Messages target keeps it where the rule there allows that;
// - Messages and Gemini: the first other message is User, no two neighbours have the same role (Tool counts as User's
//   front: a User message may follow a Tool message, and the encoder writes both as one), no blank text is left, nor
//   reasoning that the target does not take back (§3.6), nor a message without content;
// - the exception: assistant turns between which results stood, and moved away, are neighbours (repair 1);
// - Messages: thinking first and calls last within each assistant message.
void repair_turns(Request& request, Dialect to, const config::Capabilities& can);

}  // namespace aigw::protocol::canonical
