#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/refusal.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "gateway/errors.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

// Clients need a time here; when the gateway started is as true as any other.
std::time_t created() {
  static const std::time_t started = std::time(nullptr);
  return started;
}

Json model_object(const std::string& id, Dialect client) {
  if (client != Dialect::Messages) {
    return {{"id", id}, {"object", "model"}, {"created", created()}, {"owned_by", "api-gateway"}};
  }
  return {{"type", "model"},
          {"id", id},
          {"display_name", id},
          {"created_at", format_timestamp(std::chrono::system_clock::from_time_t(created()))}};
}

// As OpenAI lists models, or as Anthropic does, for clients that send its version. There is one page.
Json model_list(Json models, Dialect client) {
  if (client != Dialect::Messages) return {{"object", "list"}, {"data", std::move(models)}};
  Json first = models.empty() ? Json() : models.front()["id"];
  Json last = models.empty() ? Json() : models.back()["id"];
  return {{"data", std::move(models)}, {"has_more", false}, {"first_id", first}, {"last_id", last}};
}

// A model that is switched off altogether is not there for clients, though the config knows it.
bool is_on(const gateway::LiveRoute& route) {
  return std::any_of(route.backends.begin(), route.backends.end(),
                     [](const gateway::Backend& backend) { return backend.config->enabled; });
}

}  // namespace

// Patterns are no names that a client could ask for; what its key may not use is not there for it.
void list_models(Call& call) {
  Json models = Json::array();
  const auto routes = call.gateway.routes();
  for (const gateway::LiveRoute& route : routes->routes()) {
    if (!is_on(route)) continue;
    const std::string& model = route.config->model;
    const config::ModelRules& rules = call.caller.models;
    if (!contains(model, "*") && rules.allow(model, model)) models.push_back(model_object(model, call.dialect));
    for (const std::string& alias : route.config->aliases) {
      if (rules.allow(alias, model)) models.push_back(model_object(alias, call.dialect));
    }
  }
  call.client.reply(json_reply(200, model_list(std::move(models), call.dialect)));
}

void show_model(Call& call) {
  const std::string id(call.rest);
  const auto routes = call.gateway.routes();
  const gateway::LiveRoute* const route = routes->find(id);
  const bool may = route != nullptr && call.caller.models.allow(id, route->config->model);
  if (may && is_on(*route)) return call.client.reply(json_reply(200, model_object(id, call.dialect)));
  const std::string problem = !may ? "not configured here." : "switched off here: all its providers are disabled.";
  const gateway::Refusal refusal = gateway::refuse(
      404, "The model '" + shorten(id, 100) + "' is " + problem + " GET /v1/models lists those that can be used.",
      "model_not_found", "model");
  refuse(call, refusal);
}

}  // namespace aigw::api
