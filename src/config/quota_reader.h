// Reads a `rate_limit` or a `budget`: an object, which is the one window of a quota, or an array of windows.
#pragma once

#include <optional>

#include "config/drafts.h"
#include "config/field.h"

namespace aigw::config {

const Fields<WindowDraft>& window_fields();

// `null` means the same as leaving the field out. A window whose period lacks a variable is left out.
std::optional<Quota> read_quota(const Value& value);

}  // namespace aigw::config
