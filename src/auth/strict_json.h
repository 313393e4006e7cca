// JSON whose meaning must not depend on who reads it: two readers of a token or of a key that take different members
// for the same name are a way around the checks of one of them.
//
// Pure functions, from any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace aigw::auth {

// Errors Invalid: no JSON object, a name twice in one object (RFC 7515 §4, RFC 7517 §4, RFC 7519 §4 leave the choice
// between this and the last one), deeper than 64 levels. The message holds nothing of the text.
Result<nlohmann::json> parse_strictly(std::string_view text);

// The member, or null if there is none or `value` is no object. The pointer lives as long as `value` is unchanged.
const nlohmann::json* member_of(const nlohmann::json& value, std::string_view name);

}  // namespace aigw::auth
