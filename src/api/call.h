// One request on its way through the endpoints.
#pragma once

#include <string>
#include <string_view>

#include "base/dialect.h"
#include "gateway/gateway.h"
#include "http/client_stream.h"
#include "http/message.h"

namespace aigw::api {

struct Call {
  gateway::Gateway& gateway;
  http::Request& request;
  http::ClientStream& client;
  std::string id;            // the request's id
  std::string_view rest;     // what stands in the path where the route has `*`
  Dialect dialect = Dialect::Plain;  // in which the gateway's own answers are told
};

}  // namespace aigw::api
