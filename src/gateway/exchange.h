// One client request until its answer ended. `run()` and `try_providers()` are the failover chart of the README.
//
// Belongs to one worker thread. It keeps the config snapshot it began with.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/attempt.h"
#include "gateway/callers.h"
#include "gateway/choice.h"
#include "gateway/errors.h"
#include "gateway/gateway.h"
#include "gateway/keep_alive.h"
#include "gateway/live_routes.h"
#include "gateway/trail.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "http/waiter.h"
#include "protocol/endpoint.h"
#include "usage/meter.h"

namespace aigw::gateway {

class Exchange {
 public:
  // `id`: the request's id. `path_model`: the model that the path names (Azure's clients), which wins
  // over that of the body; else empty. Everything borrowed outlives the exchange.
  Exchange(Gateway& gateway, const protocol::Endpoint& endpoint, http::Request& request, http::ClientStream& client,
           std::string id, std::string_view path_model);

  // Answers the request, whatever happens, and tells its story.
  void run();

 private:
  // The steps, in their order. What a step returns stops the exchange and is the client's answer.
  std::optional<Refusal> authenticate();
  std::optional<Refusal> admit();
  std::optional<Refusal> understand();
  std::optional<Refusal> find_route();
  std::optional<Refusal> choose_strategy();
  std::optional<Refusal> reserve_allowance();
  void end_allowance();
  std::optional<Refusal> try_providers();
  std::optional<Refusal> count_tokens();
  bool count_at(const Backend& counter);
  void answer(const Refusal& refusal);
  void tell();

  // Trying.
  AttemptResult try_provider(Picked& picked);
  AttemptResult attempt(Picked& picked);
  http::Headers trace_headers() const;
  void name_provider();
  bool back_off(const Picked& picked, int retry, AttemptResult& result);
  void switch_from(const Picked& picked, const AttemptResult& result, Choice& choice);
  void settle(Picked& picked, const Progress& progress, bool broken);

  Gateway& gateway_;
  const protocol::Endpoint& endpoint_;
  http::Request& request_;
  http::ClientStream& client_;
  const std::shared_ptr<const LiveRoutes> routes_;
  const std::shared_ptr<const Callers> callers_;
  const config::Global& config_;
  SteadyTime deadline_;                   // the first byte to the client must be out by then

  http::Waiter waiter_;
  KeepAlive keep_alive_;
  Trail trail_;
  std::optional<Place> place_;
  std::optional<Place> stream_place_;
  Caller caller_;
  Asked asked_;
  const LiveRoute* route_ = nullptr;
  config::Strategy strategy_ = config::Strategy::Weighted;
  std::optional<usage::Reservation> allowance_;  // what is held against the caller's limits
};

}  // namespace aigw::gateway
