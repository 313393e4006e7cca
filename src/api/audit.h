// Tells the audit log what a request to /admin has changed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "api/call.h"

namespace aigw::api {

// `before` and `after` without secrets; null where there is nothing. A log that can't be written is an error in the
// other one; the change has happened.
void audit(const Call& call, std::string_view action, std::string_view target, const nlohmann::ordered_json& before,
           const nlohmann::ordered_json& after);

// A login that was refused, in both logs. `reason` without the key.
void audit_refused_login(const Call& call, std::string_view reason);

}  // namespace aigw::api
