#include <nlohmann/json.hpp>

#include "api/audit.h"
#include "api/counter_json.h"
#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/key_json.h"
#include "api/refusal.h"
#include "base/money.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "gateway/availability.h"
#include "gateway/errors.h"
#include "observe/log.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

// In US dollars for a million tokens; of a provider that serves many models what holds for all of them.
Json price_json(const gateway::Backend& backend) {
  const config::FoundPrice found = backend.price("");
  Json json = {{"source", to_string(found.source)}};
  if (!found.price) return json;
  const config::Price& price = *found.price;
  json["input"] = to_dollars(price.input);
  json["output"] = to_dollars(price.output);
  json["cached_input"] = to_dollars(price.cached_input.value_or(price.input));
  json["cache_write"] = to_dollars(price.cache_write.value_or(price.input));
  json["per_request"] = to_dollars(price.per_request);
  return json;
}

Json provider_json(const gateway::Backend& backend) {
  const config::Provider& provider = *backend.config;
  const WallTime wall = wall_now();
  const auto why = gateway::unavailable(backend, read_clocks());
  const auto error = backend.state->last_error();
  const auto account = backend.meter->account_state(wall);
  Json json = {{"name", provider.name},
               {"type", to_string(provider.type)},
               {"endpoint", provider.endpoint},
               {"model", provider.model},
               {"api_key", provider.api_key.mask()},
               {"priority", provider.priority},
               {"weight", provider.weight},
               {"enabled", provider.enabled},
               {"state", gateway::state_word(backend, why)},
               {"available", !why.has_value()},
               {"reason", why ? Json(why->reason) : Json(nullptr)},
               {"until", why && why->free_in ? Json(format_local_time(wall + *why->free_in)) : Json(nullptr)},
               {"in_flight", backend.state->in_flight()},
               {"average_latency_ms", backend.state->average_latency_ms()},
               {"last_error", nullptr},
               {"quota", quota_json(backend.meter->state(wall), wall)},
               {"account", provider.account.empty() ? Json(nullptr) : Json(provider.account)},
               {"account_quota", account ? quota_json(*account, wall) : Json(nullptr)},
               {"rates", rates_json(*backend.meter, steady_now())},
               {"price", price_json(backend)}};
  if (error) json["last_error"] = {{"reason", error->text}, {"at", format_local_time(error->at)}};
  return json;
}

using CounterName = std::pair<std::string, std::string>;  // model and provider

// The counters that `<model>/<provider>` may mean: either name may have slashes of its own.
std::vector<CounterName> counters_named(const usage::Counters& counters, std::string_view path) {
  std::vector<CounterName> names;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    CounterName name(path.substr(0, slash), path.substr(slash + 1));
    if (counters.has(name.first, name.second)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

void show_stats(Call& call) {
  Json stats = Json::object();
  const auto routes = call.gateway.routes();
  const WallTime now = wall_now();
  for (const gateway::LiveRoute& route : routes->routes()) {
    Json& model = stats[route.config->model] = Json::object();
    for (const gateway::Backend& backend : route.backends) {
      model[backend.config->name] = counter_json(*backend.meter, backend.config->account, now);
    }
  }
  call.client.reply(json_reply(200, stats));
}

void show_providers(Call& call) {
  const auto routes = call.gateway.routes();
  const gateway::LiveRoute* const route = routes->find(call.rest);
  if (route == nullptr) {
    return refuse(call, gateway::refuse(404, "The model '" + shorten(call.rest, 100) + "' is not configured here.",
                                        "model_not_found", "model"));
  }
  Json providers = Json::array();
  for (const gateway::Backend& backend : route->backends) providers.push_back(provider_json(backend));
  call.client.reply(json_reply(200, {{"model", route->config->model},
                                     {"aliases", route->config->aliases},
                                     {"strategy", to_string(route->config->strategy)},
                                     {"providers", providers}}));
}

void reset_usage(Call& call) {
  usage::Counters& counters = call.gateway.counters();
  const std::vector<CounterName> names = counters_named(counters, call.rest);
  if (names.empty()) {
    return refuse(call, 404, "There is no counter '" + shorten(call.rest, 200) +
                           "'. The path is /admin/usage/<model>/<provider>, or /admin/usage/_providers/<name> for an "
                           "account, _keys/<name> for a key, _owners/<name> for an owner.");
  }
  if (names.size() > 1) {
    return refuse(call, 409, "'" + shorten(call.rest, 200) +
                           "' is the name of several counters, since models and providers may have slashes in theirs. "
                           "Delete the file of the one that is meant, under data/usage.");
  }
  const auto& [model, provider] = names.front();
  const usage::Counts used = counters.meter(model, provider)->state(wall_now()).windows.front().used;
  const Result<usage::Counts> before = counters.reset(model, provider, wall_now());
  audit(call, "usage.reset", model + "/" + provider,
        {{"requests", used.requests}, {"tokens", used.tokens()}, {"cost", to_dollars(used.cost)}},
        {{"requests", 0}, {"tokens", 0}, {"cost", 0}});
  if (!before) {
    return refuse(call, 500, "The counter is at zero, but that could not be saved: " + before.error().detail);
  }
  call.client.reply(json_reply(200, {{"status", "reset"},
                                     {"model", model},
                                     {"provider", provider},
                                     {"before", {{"requests", before->requests}, {"tokens", before->tokens()}}}}));
}

}  // namespace aigw::api
