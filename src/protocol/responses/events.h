// How the events of a Responses stream are read, for all who read them (protocols.md §2.1, §10.6).
#pragma once

#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// The `type` of the data, else the event's name. Valid as long as both are unchanged.
std::string_view event_type(std::string_view name, const Json& event);

// The provider failed, in its own words or in those of a server between.
bool is_failure(std::string_view type, const Json& event);

// The event that ends a stream and holds the whole response.
bool is_last(std::string_view type);

}  // namespace aigw::protocol::responses
