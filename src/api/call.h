// One request on its way through the endpoints.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "gateway/gateway.h"
#include "http/client_stream.h"
#include "http/message.h"

namespace aigw::api {

struct Desk;

struct Call {
  gateway::Gateway& gateway;
  http::Request& request;
  http::ClientStream& client;
  Desk& desk;
  std::string id;            // the request's id
  std::string_view rest;     // what stands in the path for the route's `*`
  Dialect dialect = Dialect::Plain;  // in which the gateway's own answers are told
  gateway::Caller caller;            // who asks, behind a guard
  std::shared_ptr<const gateway::Callers> callers;  // that the caller is part of; null without a guard
};

}  // namespace aigw::api
