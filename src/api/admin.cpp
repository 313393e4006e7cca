#include <nlohmann/json.hpp>

#include "api/counter_json.h"
#include "api/endpoints.h"
#include "api/json_reply.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "gateway/availability.h"
#include "gateway/errors.h"
#include "observe/log.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

Json provider_json(const gateway::Backend& backend) {
  const config::Provider& provider = *backend.config;
  const WallTime wall = wall_now();
  const auto why = gateway::unavailable(backend, wall, steady_now());
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
               {"available", !why.has_value()},
               {"reason", why ? Json(why->reason) : Json(nullptr)},
               {"until", why && why->free_in ? Json(format_local_time(wall + *why->free_in)) : Json(nullptr)},
               {"in_flight", backend.state->in_flight()},
               {"average_latency_ms", backend.state->average_latency_ms()},
               {"last_error", nullptr},
               {"quota", quota_json(backend.meter->state(wall), wall)},
               {"account", provider.account.empty() ? Json(nullptr) : Json(provider.account)},
               {"account_quota", account ? quota_json(*account, wall) : Json(nullptr)}};
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

Json problem_json(const config::Problem& problem) { return {{"path", problem.path}, {"message", problem.message}}; }

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
    return call.client.reply(gateway::to_reply(gateway::refuse(
        404, "The model '" + shorten(call.rest, 100) + "' is not configured here.", "model_not_found", "model")));
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
  const auto refuse = [&](int status, const std::string& message) {
    call.client.reply(gateway::to_reply(gateway::refuse(status, message)));
  };
  const std::vector<CounterName> names = counters_named(counters, call.rest);
  if (names.empty()) {
    return refuse(404, "There is no counter '" + shorten(call.rest, 200) +
                           "'. The path is /admin/usage/<model>/<provider>, or /admin/usage/_providers/<name> for an "
                           "account.");
  }
  if (names.size() > 1) {
    return refuse(409, "'" + shorten(call.rest, 200) +
                           "' is the name of several counters, since models and providers may have slashes in theirs. "
                           "Delete the file of the one that is meant, under data/usage.");
  }
  const auto& [model, provider] = names.front();
  const Result<usage::Counts> before = counters.reset(model, provider, wall_now());
  if (!before) return refuse(500, "The counter is at zero, but that could not be saved: " + before.error().detail);
  call.client.reply(json_reply(200, {{"status", "reset"},
                                     {"model", model},
                                     {"provider", provider},
                                     {"before", {{"requests", before->requests}, {"tokens", before->tokens()}}}}));
}

void reload(Call& call) {
  const config::Reload reload = call.gateway.reload();
  if (reload.done()) {
    return call.client.reply(json_reply(200, {{"status", "reloaded"},
                                              {"added", reload.changes.added},
                                              {"removed", reload.changes.removed},
                                              {"changed", reload.changes.changed},
                                              {"needs_restart", reload.changes.needs_restart},
                                              {"warnings", reload.warnings}}));
  }
  Json problems = Json::array();
  std::string message = "The new configuration has problems; the old one stays in force:";
  for (const config::Problem& problem : reload.problems) {
    problems.push_back(problem_json(problem));
    message += "\n" + problem.text();
  }
  call.client.reply(json_reply(400, {{"error",
                                      {{"message", message},
                                       {"type", "invalid_request_error"},
                                       {"param", nullptr},
                                       {"code", "invalid_config"},
                                       {"problems", problems}}}}));
}

}  // namespace aigw::api
