// Reads `capabilities`: what the file says of a provider's model, beside what config/catalogue.h knows.
#pragma once

#include <set>
#include <string>

#include "config/drafts.h"
#include "config/field.h"

namespace aigw::config {

const Fields<Capabilities>& capability_fields();

// Adds to what the account says; `null` takes that back.
void read_capabilities(const Value& value, ProviderDraft& into);

// `known` with the fields of `said` that are named.
Capabilities overlay(Capabilities known, const Capabilities& said, const std::set<std::string>& names);

}  // namespace aigw::config
