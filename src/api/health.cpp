#include <nlohmann/json.hpp>

#include "api/endpoints.h"
#include "api/json_reply.h"

namespace aigw::api {

void health(Call& call) {
  const bool draining = call.gateway.gate().draining();
  const bool disk_ok = call.gateway.counters().disk_ok();
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(steady_now() - call.gateway.started());
  call.client.reply(json_reply(draining ? 503 : 200,
                               {{"status", draining ? "draining" : disk_ok ? "ok" : "degraded"},
                                {"version", GATEWAY_VERSION},
                                {"uptime_seconds", uptime.count()},
                                {"models", call.gateway.routes()->routes().size()}}));
}

}  // namespace aigw::api
