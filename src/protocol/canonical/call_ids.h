// Ids of tool calls that fit the provider's rule (protocols.md §3.5). A pure function of the id, so that call and
// result, and the next turn, agree without any state.
#pragma once

#include <string>
#include <string_view>

#include "base/dialect.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// `id` as dialect `to` can take it; itself if it can.
std::string fit_call_id(std::string_view id, Dialect to);

// Fits the ids of all calls and results. Calls that came without an id get one that is the same for the same
// conversation, and so do the results that answer them in order.
void fit_call_ids(Request& request, Dialect to);

// A new id for a call that a provider sent without one: `toolu_` (Messages) or `call_` and 24 random characters.
std::string make_call_id(Dialect client);

}  // namespace aigw::protocol::canonical
