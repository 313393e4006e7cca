// How the events of a Messages stream are read (protocols.md §2.1, §7), for all who read them; and the frame that one
// is written in (§2.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The `type` of the data, else the event's name (§2.1 rule 5). Valid as long as both are unchanged.
std::string_view event_type(std::string_view name, const Json& event);

// The provider failed, in its own words or in those of a server between.
bool is_error(std::string_view type, const Json& event);

// Of the block that it belongs to; 0 where a server does not say.
std::int64_t index_of(const Json& event);

// A complete frame; `members`: those behind `type`, as `,"index":0`, or "".
std::string event_frame(std::string_view type, std::string_view members);

}  // namespace aigw::protocol::messages
