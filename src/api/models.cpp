#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

#include "api/endpoints.h"
#include "api/json_reply.h"
#include "base/text.h"
#include "gateway/errors.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

Json model_object(const std::string& id) {
  // Clients need a number here; when the gateway started is as true as any other.
  static const std::time_t created = std::time(nullptr);
  return {{"id", id}, {"object", "model"}, {"created", created}, {"owned_by", "api-gateway"}};
}

// A model that is switched off altogether is not there for clients, though the config knows it.
bool is_on(const gateway::LiveRoute& route) {
  return std::any_of(route.backends.begin(), route.backends.end(),
                     [](const gateway::Backend& backend) { return backend.config->enabled; });
}

}  // namespace

// Patterns are no names that a client could ask for.
void list_models(Call& call) {
  Json models = Json::array();
  const auto routes = call.gateway.routes();
  for (const gateway::LiveRoute& route : routes->routes()) {
    if (!is_on(route)) continue;
    if (!contains(route.config->model, "*")) models.push_back(model_object(route.config->model));
    for (const std::string& alias : route.config->aliases) models.push_back(model_object(alias));
  }
  call.client.reply(json_reply(200, {{"object", "list"}, {"data", models}}));
}

void show_model(Call& call) {
  const std::string id(call.rest);
  const auto routes = call.gateway.routes();
  const gateway::LiveRoute* const route = routes->find(id);
  if (route != nullptr && is_on(*route)) return call.client.reply(json_reply(200, model_object(id)));
  call.client.reply(gateway::to_reply(gateway::refuse(
      404,
      "The model '" + shorten(id, 100) + "' is " +
          (route == nullptr ? "not configured here." : "switched off here: all its providers are disabled.") +
          " GET /v1/models lists those that can be used.",
      "model_not_found", "model")));
}

}  // namespace aigw::api
