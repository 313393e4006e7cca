// A provider's adaptation of request fields it does not take (`"params": {"drop", "rename", "set", "default"}`), made
// in place on the bytes of a body, like every edit.
//
// Pure functions, from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "config/params.h"
#include "protocol/envelope.h"

namespace aigw::protocol {

// Adds the edits on top-level members of `body`, a valid JSON object, in the order drop, rename, set, default: a
// renamed member can be set; a default counts as absent what was dropped, and what is null.
//
// Renaming happens at once, so that two names can be exchanged. Where the client sent a value under the new name
// already, that one stays, and the one under the old name is left out.
//
// `owned`: names that are left alone, since `edits` or the caller deal with them (model, stream, stream_options).
// `edits`: those made so far by the functions of envelope.h. All together they make valid JSON and none overlaps
// another: what they take out, or insert at members_begin, is joined with what is taken out and inserted here. Sorted
// by offset.
void adapt_params(std::string_view body, const config::Params& params, const std::vector<std::string_view>& owned,
                  std::vector<Edit>& edits);

// Where there are no other edits.
std::vector<Edit> adapt_params(std::string_view body, const config::Params& params,
                               const std::vector<std::string_view>& owned);

}  // namespace aigw::protocol
