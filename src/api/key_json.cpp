#include "api/key_json.h"

#include <nlohmann/json.hpp>

#include "api/counter_json.h"
#include "base/money.h"
#include "base/timestamp.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_nothing(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json limits_json(const config::Limits& limits) {
  if (limits.none()) return nullptr;
  Json json = {{"requests_per_minute", or_nothing(limits.requests_per_minute)},
               {"tokens_per_minute", or_nothing(limits.tokens_per_minute)},
               {"max_concurrent", or_nothing(limits.max_concurrent)},
               {"queue", limits.queue}};
  if (limits.queue) json["queue_timeout"] = seconds_of(limits.queue_timeout);
  return json;
}

Json budget_json(const config::Quota& budget) {
  if (budget.empty()) return nullptr;
  Json windows = Json::array();
  for (const config::QuotaWindow& window : budget) {
    Json& json = windows.emplace_back(Json::object());
    if (window.requests_per_period) json["requests_per_period"] = *window.requests_per_period;
    if (window.tokens_per_period) json["tokens_per_period"] = *window.tokens_per_period;
    if (window.cost_per_period) json["cost_per_period"] = to_dollars(*window.cost_per_period);
    json[window.period.empty() ? "period_cron" : "period"] = window.period_text();
  }
  return windows;
}

Json rate_json(const std::optional<usage::RateState>& state) {
  if (!state) return nullptr;
  return {{"limit", state->limit}, {"remaining", state->remaining}, {"reset_seconds", seconds_of(state->reset)}};
}

// The secret before the last rotation, as long as it is good.
Json grace_json(const config::Key& key, WallTime now) {
  for (const config::KeyDigest& digest : key.digests) {
    if (digest.until && *digest.until > now) return format_timestamp(*digest.until);
  }
  return nullptr;
}

}  // namespace

Json settings_json(const config::Key& key) {
  return {{"owner", key.owner.empty() ? Json(nullptr) : Json(key.owner)},
          {"role", to_string(key.role)},
          {"enabled", key.enabled},
          {"expires", key.expires ? Json(format_timestamp(*key.expires)) : Json(nullptr)},
          {"models", key.models.patterns},
          {"allowed_ips", key.allowed_ips},
          {"choose_strategy", key.choose_strategy},
          {"limits", limits_json(key.limits)},
          {"budget", budget_json(key.budget)}};
}

Json settings_json(const config::Owner& owner) {
  Json prices = Json::object();
  for (const config::PriceTable::Row& row : owner.prices.rows) {
    prices[row.pattern] = {{"input", to_dollars(row.price.input)}, {"output", to_dollars(row.price.output)}};
  }
  return {{"limits", limits_json(owner.limits)},
          {"budget", budget_json(owner.budget)},
          {"prepaid", owner.prepaid},
          {"markup", static_cast<double>(owner.markup_ppm) / 1e6},
          {"prices", std::move(prices)}};
}

Json key_json(const gateway::Callers& callers, const config::Key& key, Now now, const Secret& secret) {
  const std::shared_ptr<usage::Meter> meter = callers.meter_of(key);
  const usage::CounterState state = meter->state(now.wall);
  Json json = {{"name", key.name}};
  if (!secret.empty()) json["secret"] = secret.reveal();  // it is shown only now
  json["source"] = callers.is_of_config(key) ? "config" : "run_time";
  json.update(settings_json(key));
  json["expired"] = key.expires && now.wall >= *key.expires;
  json["old_secret_until"] = grace_json(key, now.wall);
  json["usage"] = use_json(state);
  json["budget_left"] = quota_json(state, now.wall);
  json["rates"] = rates_json(*meter, now.steady);
  return json;
}

Json rates_json(const usage::Meter& meter, SteadyTime now) {
  const Json requests = rate_json(meter.requests_in_minute(now));
  const Json tokens = rate_json(meter.tokens_in_minute(now));
  const auto at_once = meter.at_once();
  if (requests.is_null() && tokens.is_null() && !at_once) return nullptr;
  return {{"requests_per_minute", requests},
          {"tokens_per_minute", tokens},
          {"max_concurrent", at_once ? Json{{"limit", at_once->limit}, {"remaining", at_once->remaining}} : Json(nullptr)}};
}

}  // namespace aigw::api
