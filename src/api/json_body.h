// The JSON object that a request to the gateway's own endpoints brings.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/call.h"
#include "base/result.h"

namespace aigw::api {

// Receives and parses it; an absent body is an empty object. Errors: those of receiving it; BadRequest: it is no JSON
// object, or has a member twice; TooLarge: more than a MiB.
Result<nlohmann::ordered_json> read_json_body(Call& call);

}  // namespace aigw::api
