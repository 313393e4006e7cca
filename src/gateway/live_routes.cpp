#include "gateway/live_routes.h"

#include <algorithm>
#include <random>

#include "gateway/mock_upstream.h"
#include "usage/counts.h"

namespace aigw::gateway {
namespace {

// Whether the scheduler of `before` may go on: it knows providers by their place.
bool schedules_alike(const config::Route& before, const config::Route& now) {
  return before.strategy == now.strategy &&
         std::equal(before.providers.begin(), before.providers.end(), now.providers.begin(), now.providers.end(),
                    [](const config::Provider& a, const config::Provider& b) {
                      return a.name == b.name && a.priority == b.priority && a.weight == b.weight;
                    });
}

const Backend* find_backend(const LiveRoute* route, std::string_view name) {
  if (route == nullptr) return nullptr;
  for (const Backend& backend : route->backends) {
    if (backend.config->name == name) return &backend;
  }
  return nullptr;
}

Backend make_backend(const config::Config& house, const config::Route& route, const config::Provider& provider,
                     const Backend* before, usage::Counters& counters, const std::shared_ptr<http::Upstream>& network) {
  Backend backend;
  backend.config = &provider;
  backend.house = &house;
  if (provider.model != "*") backend.fixed_price = config::price_of(house, provider, provider.model);
  backend.meter = counters.meter(route.model, provider.name);
  backend.state = before != nullptr ? before->state : std::make_shared<routing::ProviderState>();
  if (provider.type == config::ProviderType::Mock) {
    backend.upstream = std::make_shared<MockUpstream>(provider.name, provider.mock);
    return backend;
  }
  backend.upstream = network;
  if (Result<Url> url = parse_url(provider.endpoint)) backend.url = std::move(*url);  // the loader has checked it
  // Another address or credential is another provider: what went wrong with the old one says nothing about it.
  const bool moved =
      before != nullptr && (before->config->endpoint != provider.endpoint || before->config->type != provider.type ||
                            !(before->config->api_key == provider.api_key) || before->config->model != provider.model);
  if (moved) backend.state = std::make_shared<routing::ProviderState>();
  return backend;
}

std::vector<std::string> provider_names(const config::Route& route) {
  std::vector<std::string> names;
  for (const config::Provider& provider : route.providers) names.push_back(provider.name);
  return names;
}

// What an answer of the route has used on average over the life of its counters; 0 if nothing was ever counted.
std::int64_t average_so_far(const std::vector<Backend>& backends, WallTime now) {
  usage::Counts total;
  for (const Backend& backend : backends) total += backend.meter->state(now).total;
  return total.requests == 0 ? 0 : total.completion_tokens / total.requests;
}

}  // namespace

const Backend* LiveRoute::first_that(const std::function<bool(const Backend&)>& fits) const {
  const Backend* first = nullptr;
  for (const Backend& backend : backends) {
    const bool is_better = first == nullptr || backend.config->priority < first->config->priority;
    if (is_better && fits(backend)) first = &backend;
  }
  return first;
}

LiveRoutes::LiveRoutes(config::Snapshot config, const LiveRoutes* before, usage::Counters& counters,
                       observe::Metrics& metrics, std::shared_ptr<http::Upstream> network)
    : config_(std::move(config)), table_(*config_) {
  for (const std::string& block : config_->global.trusted_proxies) {
    if (const Result<IpBlock> parsed = IpBlock::parse(block))
      trusted_proxies_.push_back(*parsed);  // the loader has checked it
  }
  std::random_device random;
  routes_.reserve(config_->routes.size());
  for (const config::Route& route : config_->routes) {
    const LiveRoute* const same = before == nullptr ? nullptr : before->find_same(route.model);
    LiveRoute& live = routes_.emplace_back();
    live.config = &route;
    live.scheduler = same != nullptr && schedules_alike(*same->config, route)
                         ? same->scheduler
                         : std::make_shared<routing::Scheduler>(route, random());
    for (const config::Provider& provider : route.providers) {
      const Backend* const served = find_backend(same, provider.name);
      live.backends.push_back(make_backend(*config_, route, provider, served, counters, network));
    }
    live.state = same != nullptr ? same->state
                                 : std::make_shared<routing::RouteState>(average_so_far(live.backends, wall_now()));
    live.series = metrics.route(route.model, provider_names(route));
  }
}

const LiveRoute* LiveRoutes::find(std::string_view model) const {
  const std::size_t index = table_.find(model);
  return index == routing::RouteTable::npos ? nullptr : &routes_[index];
}

const LiveRoute* LiveRoutes::find_same(std::string_view model) const {
  const auto same = std::find_if(routes_.begin(), routes_.end(),
                                 [&](const LiveRoute& route) { return route.config->model == model; });
  return same == routes_.end() ? nullptr : &*same;
}

}  // namespace aigw::gateway
