#include "api/audit.h"

#include <nlohmann/json.hpp>

#include "api/desk.h"
#include "gateway/access.h"
#include "observe/audit.h"
#include "observe/log.h"

namespace aigw::api {
namespace {

std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write(const Call& call, const observe::AuditEntry& entry) {
  if (call.desk.audit_log == nullptr) return;
  const Status written = call.desk.audit_log->write(entry, wall_now());
  if (!written) {
    observe::log(observe::Level::Error, "Audit log not written", {{"id", call.id}, {"reason", written.error().detail}});
  }
}

std::string address_of(const Call& call) {
  return gateway::client_address(call.gateway.routes()->trusted_proxies(), call.request);
}

}  // namespace

void audit(const Call& call, std::string_view action, std::string_view target, const nlohmann::ordered_json& before,
           const nlohmann::ordered_json& after) {
  const std::string from = address_of(call);
  observe::log(observe::Level::Info, "Admin change",
               {{"id", call.id}, {"who", call.caller.who()}, {"client", from}, {"action", action}, {"target", target}});
  const std::string who = call.caller.who();
  write(call, {who, from, action, target, text_of(before), text_of(after)});
}

void audit_refused_login(const Call& call, std::string_view reason) {
  const std::string from = address_of(call);
  observe::log(observe::Level::Warning, "Login refused", {{"id", call.id}, {"client", from}, {"reason", reason}});
  write(call, {"-", from, "login.refused", "-", "", text_of(reason)});
}

}  // namespace aigw::api
