// Which handler answers which path: one table, read from top to bottom.
//
// Immutable after construction; called from many threads at once.
#pragma once

#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "http/client_stream.h"
#include "http/message.h"

namespace aigw::api {

class Router {
 public:
  explicit Router(gateway::Gateway& gateway);

  // Answers one request; for http::Server.
  void handle(http::Request& request, http::ClientStream& client) const;

 private:
  gateway::Gateway& gateway_;
};

// The reply for an error that the HTTP server meets before there is a request to handle.
http::Reply error_reply(int status, std::string_view message);

}  // namespace aigw::api
