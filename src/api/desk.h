// What the endpoints have in common beside the gateway itself.
//
// Built with the router, and fixed once requests come; its parts may be used from any thread.
#pragma once

#include <functional>

#include "api/feed.h"
#include "auth/login_limit.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "observe/audit.h"

namespace aigw::api {

struct Desk {
  Desk(gateway::Gateway& gateway, observe::Audit* audit) : feed(gateway), audit_log(audit) {}

  Feed feed;
  auth::LoginLimit login_limit;
  observe::Audit* const audit_log;                  // may be null
  std::function<http::Server::Load()> server_load = [] { return http::Server::Load{}; };  // how busy it is
};

}  // namespace aigw::api
