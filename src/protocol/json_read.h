// Reading trees that come from outside, where anything may be missing or of the wrong type.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol {

// The member of that name, "" if it is absent or no string. Valid as long as `object` is unchanged.
std::string_view text_of(const Json& object, std::string_view name);
// Nothing if it is absent or no integer of 64 bits; 3.0 is one.
std::optional<std::int64_t> integer_of(const Json& object, std::string_view name);
std::optional<bool> flag_of(const Json& object, std::string_view name);
// An empty array, an empty object where the member is absent or something else.
const Json& items_of(const Json& object, std::string_view name);
const Json& members_of(const Json& object, std::string_view name);

// True for a member that is there and not null (§0.3: null equals absence).
bool has_member(const Json& object, std::string_view name);

}  // namespace aigw::protocol
