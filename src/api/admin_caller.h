// Who uses /admin.
#pragma once

#include <optional>

#include "api/call.h"

namespace aigw::api {

// Whoever the request is of, by the keys that there are now; nothing if that one may not use /admin.
std::optional<gateway::Caller> find_admin(const Call& call);

}  // namespace aigw::api
