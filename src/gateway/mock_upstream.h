// The built-in provider of type `mock`: answers all endpoints without network, at a configured pace and failure
// rate, so that the gateway can be tried, and a failover watched, without any account.
#pragma once

#include <string>

#include "config/config.h"
#include "http/upstream.h"

namespace aigw::gateway {

class MockUpstream : public http::Upstream {
 public:
  // `name` is the provider's, for what it says of itself.
  MockUpstream(std::string name, config::Mock settings);

  Status call(const http::UpstreamRequest& request, http::Waiter& waiter, http::AnswerReceiver& receiver) override;

 private:
  bool fails() const;

  const std::string name_;
  const config::Mock settings_;
};

}  // namespace aigw::gateway
