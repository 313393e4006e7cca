// What the client asked for; the same for all attempts of an exchange.
//
// Belongs to one exchange and its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "config/capabilities.h"
#include "http/message.h"
#include "protocol/endpoint.h"
#include "protocol/envelope.h"
#include "protocol/request_conversion.h"

namespace aigw::gateway {

struct Asked {
  const protocol::Endpoint* endpoint = nullptr;
  const http::Request* request = nullptr;     // with its body
  protocol::Envelope envelope;
  std::string model;                          // the name that was asked for
  std::int64_t prompt_tokens = 0;             // estimated
  config::ConversionSettings settings;        // of the route
  bool debug = false;                         // X-Gateway-Debug: 1
  bool needs_price = false;                   // who asks has a budget in money

  bool streams() const { return envelope.stream && endpoint->streams; }
  Dialect dialect() const { return endpoint->dialect; }

  // The body as the conversions read it: decoded when a provider of another dialect is first asked, then kept.
  const std::variant<protocol::DecodedRequest, protocol::Rejection>& decoded() const;

 private:
  mutable std::optional<std::variant<protocol::DecodedRequest, protocol::Rejection>> decoded_;
};

}  // namespace aigw::gateway
