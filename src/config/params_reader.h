// Reads `params`: how the request bodies for a provider are adapted.
#pragma once

#include "config/drafts.h"
#include "config/field.h"

namespace aigw::config {

const Fields<Params>& params_fields();

// Each of the four parts replaces that of the account.
void read_params(const Value& value, ProviderDraft& into);

}  // namespace aigw::config
