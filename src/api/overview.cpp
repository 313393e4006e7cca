#include "api/overview.h"

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "base/timestamp.h"
#include "gateway/availability.h"
#include "usage/forecast.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

Json totals_json(const observe::Sums& sums) {
  return {{"requests", sums.requests},
          {"errors", sums.failures},
          {"tokens_in", sums.prompt_tokens},
          {"tokens_out", sums.completion_tokens},
          {"cached_tokens", sums.cached_tokens},
          {"cost", to_dollars(sums.cost)}};
}

Json now_json(const gateway::Gate& gate, int watchers) {
  return {{"exchanges", gate.exchanges()},
          {"streams", gate.streams()},
          {"queued", gate.queued()},
          {"threads", gate.exchanges_max()},
          {"watchers", watchers}};
}

// One line for each limit of a window.
void add_limits(Json& limits, const usage::WindowState& window, const usage::Pace& pace, const std::string& account,
                WallTime now) {
  const auto add = [&](const char* unit, bool limited, Json used, Json limit) {
    if (!limited) return;
    const usage::Forecast forecast = usage::forecast(window, pace, now);
    Json line = {{"account", account.empty() ? Json(nullptr) : Json(account)},
                 {"period", window.period},
                 {"unit", unit},
                 {"used", std::move(used)},
                 {"limit", std::move(limit)},
                 {"next_reset", nullptr},
                 {"resets_in_seconds", nullptr},
                 {"exhausted_at", nullptr}};
    if (window.next_reset) {
      line["next_reset"] = format_local_time(*window.next_reset);
      line["resets_in_seconds"] = std::chrono::ceil<std::chrono::seconds>(*window.next_reset - now).count();
    }
    if (forecast.exhausted_at) line["exhausted_at"] = format_local_time(*forecast.exhausted_at);
    limits.push_back(std::move(line));
  };
  const usage::Counts& used = window.used;
  add("requests", window.limit_requests.has_value(), used.requests, window.limit_requests.value_or(0));
  add("tokens", window.limit_tokens.has_value(), used.tokens(), window.limit_tokens.value_or(0));
  add("cost", window.limit_cost.has_value(), to_dollars(used.cost), to_dollars(window.limit_cost.value_or(0)));
}

Json windows_json(const gateway::Backend& backend, WallTime now) {
  Json limits = Json::array();
  const usage::CounterState own = backend.meter->state(now);
  for (const usage::WindowState& window : own.windows) add_limits(limits, window, own.pace, "", now);
  const auto account = backend.meter->account_state(now);
  if (!account) return limits;
  for (const usage::WindowState& window : account->windows) {
    add_limits(limits, window, account->pace, backend.config->account, now);
  }
  return limits;
}

Json provider_json(const gateway::Backend& backend, const observe::Sums& sums, Now now) {
  const config::Provider& provider = *backend.config;
  const auto why = gateway::unavailable(backend, now);
  const auto error = backend.state->last_error();
  Json json = {{"name", provider.name},
               {"type", to_string(provider.type)},
               {"priority", provider.priority},
               {"weight", provider.weight},
               {"state", gateway::state_word(backend, why)},
               {"reason", why ? Json(why->reason) : Json(nullptr)},
               {"free_in_seconds", why && why->free_in ? Json(seconds_of(*why->free_in)) : Json(nullptr)},
               {"in_flight", backend.state->in_flight()},
               {"average_latency_ms", backend.state->average_latency_ms()},
               {"requests", sums.requests},
               {"errors", sums.failed_attempts},
               {"tokens", sums.prompt_tokens + sums.completion_tokens},
               {"cost", to_dollars(sums.cost)},
               {"last_error", nullptr},
               {"windows", windows_json(backend, now.wall)}};
  if (error) json["last_error"] = {{"reason", error->text}, {"at", format_local_time(error->at)}};
  return json;
}

Json model_json(const gateway::LiveRoute& route, Now now) {
  Json providers = Json::array();
  for (const gateway::Backend& backend : route.backends) {
    providers.push_back(provider_json(backend, route.series->of(backend.config->name).sums(), now));
  }
  return {{"model", route.config->model},
          {"aliases", route.config->aliases},
          {"strategy", to_string(route.config->strategy)},
          {"requests", route.series->sums().requests},
          {"providers", std::move(providers)}};
}

}  // namespace

Json overview_json(gateway::Gateway& gateway, int watchers) {
  const auto routes = gateway.routes();
  const Now now = read_clocks();
  Json models = Json::array();
  for (const gateway::LiveRoute& route : routes->routes()) models.push_back(model_json(route, now));
  return {{"time", format_local_time(now.wall)},
          {"version", GATEWAY_VERSION},
          {"uptime_seconds", std::chrono::floor<std::chrono::seconds>(now.steady - gateway.started()).count()},
          {"draining", gateway.gate().draining()},
          {"disk_ok", gateway.counters().disk_ok()},
          {"totals", totals_json(gateway.telemetry().metrics().totals())},
          {"now", now_json(gateway.gate(), watchers)},
          {"models", std::move(models)}};
}

}  // namespace aigw::api
