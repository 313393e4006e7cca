#include "api/admin_caller.h"

namespace aigw::api {

std::optional<gateway::Caller> find_admin(const Call& call) {
  const auto callers = call.gateway.callers();
  auto found = callers->identify(call.request, false, call.gateway.routes()->trusted_proxies());
  auto* const caller = std::get_if<gateway::Caller>(&found);
  if (caller == nullptr || caller->role != config::Role::Admin) return std::nullopt;
  return std::move(*caller);
}

}  // namespace aigw::api
