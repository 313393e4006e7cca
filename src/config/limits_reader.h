// Reads `limits`: how fast a key, an owner, a provider, an account or the whole gateway may be used.
#pragma once

#include <optional>

#include "config/field.h"
#include "config/limits.h"

namespace aigw::config {

const Fields<Limits>& limits_fields();

// `null` means the same as leaving the field out.
std::optional<Limits> read_limits(const Value& value);

}  // namespace aigw::config
