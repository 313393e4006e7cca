// Which handler answers which path: one table, read from top to bottom.
//
// Immutable after construction; called from many threads at once.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "gateway/gateway.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "http/server.h"
#include "observe/audit.h"

namespace aigw::api {

struct Desk;

class Router {
 public:
  // Both outlive this object; `audit_log` may be null.
  Router(gateway::Gateway& gateway, observe::Audit* audit_log);
  ~Router();

  // How busy the HTTP server is, for /metrics. To be set before it starts.
  void set_server_load(std::function<http::Server::Load()> load);

  // Answers one request; for http::Server.
  void handle(http::Request& request, http::ClientStream& client) const;

 private:
  gateway::Gateway& gateway_;
  const std::unique_ptr<Desk> desk_;
};

// The reply for an error that the HTTP server meets before there is a request to handle.
http::Reply error_reply(int status, std::string_view message);

}  // namespace aigw::api
