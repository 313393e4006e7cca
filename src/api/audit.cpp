#include "api/audit.h"

#include <nlohmann/json.hpp>

#include "gateway/access.h"
#include "observe/audit.h"
#include "observe/log.h"

namespace aigw::api {
namespace {

std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void audit(const Call& call, std::string_view action, std::string_view target, const nlohmann::ordered_json& before,
           const nlohmann::ordered_json& after) {
  const std::string from = gateway::client_address(call.gateway.routes()->trusted_proxies(), call.request);
  observe::log(observe::Level::Info, "Admin change",
               {{"id", call.id}, {"who", call.caller.who()}, {"client", from}, {"action", action}, {"target", target}});
  if (call.audit_log == nullptr) return;
  const std::string who = call.caller.who();
  const Status written = call.audit_log->write({who, from, action, target, text_of(before), text_of(after)},
                                              wall_now());
  if (!written) {
    observe::log(observe::Level::Error, "Audit log not written", {{"id", call.id}, {"reason", written.error().detail}});
  }
}

}  // namespace aigw::api
