// Reads `_owners`: what the people who own keys may use together, and what they pay.
#pragma once

#include <vector>

#include "config/field.h"
#include "config/key.h"

namespace aigw::config {

const Fields<Owner>& owner_fields();

// In the order of the file.
std::vector<Owner> read_owners(const Value& value);

}  // namespace aigw::config
