// What a caller may use: limits of a minute, budgets and the owner's balance, held for one exchange before a provider is
// chosen, and what clients are told of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "gateway/asked.h"
#include "gateway/callers.h"
#include "gateway/errors.h"
#include "gateway/gateway.h"
#include "gateway/live_routes.h"
#include "http/message.h"
#include "http/waiter.h"
#include "usage/meter.h"

namespace aigw::gateway {

// Holds a request, and what it is expected to use at the dearest provider of the route (nothing for a count of tokens),
// against all that limits the caller; where a limit has a queue, after a wait in it. A refusal: 429 for limits and budgets, 402 for the
// balance, kClientGone for a client that left the queue.
std::variant<usage::Reservation, Refusal> take_allowance(Gateway& gateway, const Caller& caller, const Asked& asked,
                                                         const LiveRoute& route, http::Waiter& waiter);

// The refusal of a model that the caller's key may not use, or nothing.
std::optional<Refusal> refuse_model(const Caller& caller, const std::string& asked, const LiveRoute& route);

// The strategy for a request: the one that its X-Gateway-Strategy wants, else the route's. A refusal: 400 for a word
// that is none, 403 for a key that may not choose.
std::variant<config::Strategy, Refusal> strategy_for(const Caller& caller, std::string_view wanted,
                                                     config::Strategy of_route);

// The header fields by which the client's dialect tells the caller's limits of a minute (protocols.md §15): of those of
// the key, its owner and the gateway the one of which least is left. Empty if there are none.
http::Headers limit_fields(const Caller& caller, Dialect client);

}  // namespace aigw::gateway
