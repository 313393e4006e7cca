// Reads `_global.jwt`: the identity provider whose tokens are taken instead of keys.
#pragma once

#include <optional>

#include "config/field.h"
#include "config/key.h"

namespace aigw::config {

const Fields<Jwt>& jwt_fields();

// A `public_key_file` is read here; a `jwks_file` and a `jwks_url` are left to those who check tokens, since they
// change while the gateway runs.
std::optional<Jwt> read_jwt(const Value& value);

}  // namespace aigw::config
