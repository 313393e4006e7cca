// Which handler answers which path: one table, read from top to bottom.
//
// Immutable after construction; called from many threads at once.
#pragma once

#include <memory>
#include <string_view>

#include "gateway/gateway.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "observe/audit.h"

namespace aigw::api {

class Feed;

class Router {
 public:
  // Both outlive this object; `audit_log` may be null.
  Router(gateway::Gateway& gateway, observe::Audit* audit_log);
  ~Router();

  // Answers one request; for http::Server.
  void handle(http::Request& request, http::ClientStream& client) const;

 private:
  gateway::Gateway& gateway_;
  observe::Audit* const audit_log_;
  const std::unique_ptr<Feed> feed_;
};

// The reply for an error that the HTTP server meets before there is a request to handle.
http::Reply error_reply(int status, std::string_view message);

}  // namespace aigw::api
