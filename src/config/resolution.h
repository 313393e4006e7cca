// Fills in what follows from a provider's other fields once all of them are read: its type, its endpoint, the form of
// Azure's address, what it speaks, what its model can do.
#pragma once

#include "config/drafts.h"

namespace aigw::config {

// `value` is the provider's entry, at which contradictions are reported.
void resolve(ProviderDraft& draft, const Value& value);

}  // namespace aigw::config
