// Reads a `rate_limit`: an object, which is the one window of a quota, or an array of windows.
#pragma once

#include "config/drafts.h"
#include "config/field.h"

namespace aigw::config {

const Fields<WindowDraft>& window_fields();

// `null` means the same as leaving the field out. A window whose period lacks a variable is left out.
void read_quota(const Value& value, ProviderDraft& into);

}  // namespace aigw::config
