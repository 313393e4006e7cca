// Which of a route's providers could serve a request now, and why the others could not: what a choice is made from.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "config/prices.h"
#include "gateway/asked.h"
#include "gateway/availability.h"
#include "gateway/live_routes.h"
#include "routing/scheduler.h"
#include "usage/meter.h"

namespace aigw::gateway {

struct Survey {
  struct Other {
    const Backend* backend;
    Unavailable why;
  };
  std::vector<routing::Candidate> candidates;  // both in the order of the route
  std::vector<Other> others;
};

// `leaves_out`: who is neither, because it was tried already. `places`: the exchange's own in lines. The candidates know
// what `strategy` looks at, the rest only where it is cheap.
Survey survey(const Asked& asked, const LiveRoute& route, config::Strategy strategy, Now now,
              const usage::Places& places = {}, const std::function<bool(const Backend&)>& leaves_out = nullptr);

// How many candidates of a tier the choice was among. Spare ones (weight 0) are none as long as there are others.
std::size_t contenders(const Survey& found, const LiveRoute& route, int priority);

// What the request is expected to use, by what the route's answers used so far.
config::PricedTokens expected_use(const Asked& asked, const LiveRoute& route);

}  // namespace aigw::gateway
