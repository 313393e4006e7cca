// What a provider's address says of the API behind it, and what follows from its type.
//
// Pure functions. `endpoint` is a base URL as config/readers.h leaves it, or empty.
#pragma once

#include <string_view>
#include <vector>

#include "base/dialect.h"
#include "config/config.h"

namespace aigw::config {

// The type that the endpoint's host and path make obvious; where there is no endpoint, the one whose vendor alone has
// models with such names. OpenAi if neither says anything.
ProviderType detect_type(std::string_view endpoint, std::string_view model);

// The vendor's own base URL, "" for a type that has no single one.
std::string_view public_endpoint(ProviderType type);

// Whether OpenAI itself answers there, not merely a server that speaks its API.
bool is_openai_itself(std::string_view endpoint);
bool is_openrouter(std::string_view endpoint);

// What a provider of this type speaks natively unless the file says otherwise.
std::vector<Dialect> own_dialects(ProviderType type, std::string_view endpoint, std::string_view api_version);

}  // namespace aigw::config
