// The state of the gateway at one moment, as the dashboard shows it: what runs, what was done since the start, and how
// each provider of each model is.
#pragma once

#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "gateway/gateway.h"

namespace aigw::api {

// `watchers`: how many follow GET /admin/events.
nlohmann::ordered_json overview_json(gateway::Gateway& gateway, int watchers);

}  // namespace aigw::api
