// Comments in a stream whose client waits, for proxies that cut silent connections (`stream_keepalive`). The first one
// commits the status 200, but to no provider: failover goes on behind it.
//
// Belongs to one exchange and its thread; everything it borrows outlives it. It takes the waiter's hooks.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/dialect.h"
#include "gateway/attempt.h"
#include "http/client_stream.h"
#include "http/waiter.h"

namespace aigw::gateway {

class KeepAlive {
 public:
  // Until start() it only flushes what was written before each wait.
  KeepAlive(http::ClientStream& client, http::Waiter& waiter, Dialect dialect);
  KeepAlive(const KeepAlive&) = delete;  // the hooks have its address
  KeepAlive& operator=(const KeepAlive&) = delete;

  // A comment after each `silence`, counted from `since` at first; zero: never.
  void start(Millis silence, SteadyTime since);

  // The attempt under way, null between attempts: no comment goes into the middle of an event.
  void set_attempt(const Attempt* attempt) { attempt_ = attempt; }

 private:
  void before_wait();
  void write();

  http::ClientStream& client_;
  http::Waiter& waiter_;
  const Dialect dialect_;
  Millis silence_{0};
  const Attempt* attempt_ = nullptr;
  std::size_t bytes_seen_ = 0;  // of the client's stream, at the last wait
};

}  // namespace aigw::gateway
