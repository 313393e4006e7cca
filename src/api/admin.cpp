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
  // Names may have slashes of their own: the first way to part them that leads to a counter is meant.
  for (std::size_t slash = call.rest.find('/'); slash != std::string_view::npos;
       slash = call.rest.find('/', slash + 1)) {
    const std::string model(call.rest.substr(0, slash));
    const std::string provider(call.rest.substr(slash + 1));
    const Result<usage::Counts> before = call.gateway.counters().reset(model, provider, wall_now());
    if (!before && before.error().kind == ErrorKind::NotFound) continue;
    if (!before) {
      return call.client.reply(gateway::to_reply(
          gateway::refuse(500, "The counter is at zero, but that could not be saved: " + before.error().detail)));
    }
    return call.client.reply(json_reply(200, {{"status", "reset"},
                                              {"model", model},
                                              {"provider", provider},
                                              {"requests", before->requests},
                                              {"tokens", before->tokens()}}));
  }
  call.client.reply(gateway::to_reply(gateway::refuse(
      404, "There is no counter '" + shorten(call.rest, 200) +
               "'. The path is /admin/usage/<model>/<provider>, or /admin/usage/_providers/<name> for an account.")));
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
