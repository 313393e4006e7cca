// How the pieces of a streamed message become a whole: the rules for tool calls (protocols.md §13.1 rule 4 and §9.2
// rule 5) and for all other members (§13.1 rule 7).
#pragma once

#include <string_view>

#include "protocol/call_pieces.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

// Strings are concatenated, arrays appended, anything else replaced; null says nothing. Where text and a list of
// content parts meet, the text becomes a part.
void append(Json& whole, const Json& piece);

// One callee (`function`, `custom`, `function_call`): the name is set once, the member `input` concatenated.
void append_callee(Json& callee, const Json& piece, std::string_view input);

// Applies one element of `delta.tool_calls` to `calls`, an array whose calls keep their `index` until
// finish_calls; `pieces` are those of the same choice. A piece that is no object is passed over. False: too many calls.
bool append_call(Json& calls, CallPieces& pieces, const Json& piece);

// Sorts by index, takes the index out, fills in type and id (§3.5: one that is missing is made up).
void finish_calls(Json& calls);

}  // namespace aigw::protocol
