// A config snapshot made ready to serve: routes that can be looked up, schedulers, and for each provider its address,
// its quotas and what is remembered of it.
//
// Immutable once built; an exchange keeps the one it began with (`shared_ptr`), so that a reload never changes the
// rules under it. Meters, series, the states of routes and providers, and unchanged schedulers are taken over from
// the one before, by name.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/url.h"
#include "config/config.h"
#include "config/prices.h"
#include "http/upstream.h"
#include "observe/metrics.h"
#include "routing/provider_state.h"
#include "routing/route_state.h"
#include "routing/route_table.h"
#include "routing/scheduler.h"
#include "usage/counters.h"

namespace aigw::gateway {

// A provider of a route, ready to be called.
struct Backend {
  const config::Provider* config;                    // part of the snapshot
  Url url;                                           // empty for a mock
  std::shared_ptr<http::Upstream> upstream;          // the network, or the mock itself
  std::shared_ptr<routing::ProviderState> state;
  std::shared_ptr<usage::Meter> meter;
  const config::Config* house;                       // the whole snapshot
  std::optional<config::FoundPrice> fixed_price;     // of a provider that serves one model

  // Of the model that it is sent when a client asks for `asked`.
  config::FoundPrice price(std::string_view asked) const {
    return fixed_price ? *fixed_price : config::price_of(*house, *config, asked);
  }
  bool usable() const { return config->enabled && config->unavailable_reason.empty(); }
};

struct LiveRoute {
  const config::Route* config;
  std::shared_ptr<routing::Scheduler> scheduler;
  std::vector<Backend> backends;                     // in the order of config->providers
  std::shared_ptr<routing::RouteState> state;
  std::shared_ptr<const observe::RouteSeries> series;

  // Of the backends for which `fits` says so, the first of the best tier; null if there is none.
  const Backend* first_that(const std::function<bool(const Backend&)>& fits) const;
};

class LiveRoutes {
 public:
  // `before` (may be null) is what served until now. `network` serves all providers that are not mocks.
  // Precondition: counters.apply() was called with this config.
  LiveRoutes(config::Snapshot config, const LiveRoutes* before, usage::Counters& counters, observe::Metrics& metrics,
             std::shared_ptr<http::Upstream> network);

  const config::Config& config() const { return *config_; }
  // The route that serves a model name, or null.
  const LiveRoute* find(std::string_view model) const;
  const std::vector<LiveRoute>& routes() const { return routes_; }
  const routing::RouteTable& table() const { return table_; }
  const std::vector<IpBlock>& trusted_proxies() const { return trusted_proxies_; }

 private:
  const LiveRoute* find_same(std::string_view model) const;

  config::Snapshot config_;
  routing::RouteTable table_;
  std::vector<IpBlock> trusted_proxies_;
  std::vector<LiveRoute> routes_;
};

}  // namespace aigw::gateway
