// The metrics of providers as they are now: whether they can be asked, and what of their quotas is used. Those that are
// disabled have none: nobody waits for them.
//
// Any thread. Takes the lock of each counter for as long as it takes to copy its state.
#pragma once

#include "gateway/live_routes.h"
#include "observe/exposition.h"

namespace aigw::api {

void write_providers(observe::Exposition& out, const gateway::LiveRoutes& routes, Now now);

}  // namespace aigw::api
