// What is known of models and servers of the large vendors, as far as conversions depend on it. The file's own
// `capabilities` beat it.
//
// Pure functions.
#pragma once

#include <string_view>

#include "config/config.h"

namespace aigw::config {

// Of a model that is sent to this endpoint under this name. A mock, and what is not known, has the defaults.
Capabilities known_capabilities(ProviderType type, std::string_view endpoint, std::string_view model);

// What the provider's model can do when it is asked for `model`. With a fixed model that is provider.capabilities;
// with "*" it depends on the name.
Capabilities capabilities_of(const Provider& provider, std::string_view model);

}  // namespace aigw::config
