// JSON as a tree, for the conversions that need one: member order is kept, depth is limited.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw::protocol {

using Json = nlohmann::ordered_json;

// Error Garbled, with the position: no JSON object, one deeper than kDepthMax (copy and dump recurse) or too wide.
Result<Json> parse_object(std::string_view text);

// One line of JSON text. Invalid UTF-8 can't be in a parsed tree; in other strings it is replaced.
std::string dump(const Json& value);

// The member, or null if there is none or `value` is no object. The pointer lives as long as `value` is unchanged.
const Json* find_member(const Json& value, std::string_view name);

// True for what says something: not null, not an empty string.
bool is_given(const Json& value);

}  // namespace aigw::protocol
