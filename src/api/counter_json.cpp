#include "api/counter_json.h"

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "base/timestamp.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(format_local_time(*time)) : Json(nullptr); }

Json dollars(NanoDollars amount) { return to_dollars(amount); }

Json dollars_or_null(const std::optional<NanoDollars>& amount) { return amount ? dollars(*amount) : Json(nullptr); }

Json remaining_json(const usage::Forecast& forecast) {
  if (!forecast.limited()) return nullptr;
  return {{"requests", or_null(forecast.remaining.requests)},
          {"tokens", or_null(forecast.remaining.tokens)},
          {"cost", dollars_or_null(forecast.remaining.cost)}};
}

bool has_limit(const usage::WindowState& window) {
  return window.limit_requests || window.limit_tokens || window.limit_cost;
}

Json window_json(const usage::WindowState& window, const usage::Pace& pace, WallTime now) {
  const usage::Forecast forecast = usage::forecast(window, pace, now);
  return {{"period", window.period},
          {"requests", window.used.requests},
          {"tokens", window.used.tokens()},
          {"cost", dollars(window.used.cost)},
          {"limit_requests", or_null(window.limit_requests)},
          {"limit_tokens", or_null(window.limit_tokens)},
          {"limit_cost", dollars_or_null(window.limit_cost)},
          {"remaining", remaining_json(forecast)},
          {"last_reset", time_or_null(window.last_reset)},
          {"next_reset", time_or_null(window.next_reset)},
          {"exhausted_at", time_or_null(forecast.exhausted_at)}};
}

Json windows_json(const usage::CounterState& state, WallTime now) {
  Json windows = Json::array();
  for (const usage::WindowState& window : state.windows) {
    if (has_limit(window)) windows.push_back(window_json(window, state.pace, now));
  }
  return windows;
}

Json state_json(const usage::CounterState& state, const usage::Forecast& forecast, WallTime now) {
  const usage::WindowState& window = state.windows.front();
  Json json = {{"requests", window.used.requests},
               {"tokens", window.used.tokens()},
               {"cost", dollars(window.used.cost)},
               {"last_reset", time_or_null(window.last_reset)},
               {"limit_requests", or_null(window.limit_requests)},
               {"limit_tokens", or_null(window.limit_tokens)},
               {"limit_cost", dollars_or_null(window.limit_cost)},
               {"next_reset", time_or_null(forecast.next_reset)},
               {"remaining", remaining_json(forecast)},
               {"exhausted_at", time_or_null(forecast.exhausted_at)}};
  json.update(use_json(state));
  json["windows"] = windows_json(state, now);
  return json;
}

}  // namespace

Json use_json(const usage::CounterState& state) {
  const usage::Counts& used = state.windows.front().used;
  return {{"requests", used.requests},
          {"tokens", used.tokens()},
          {"cost", dollars(used.cost)},
          {"prompt_tokens", used.prompt_tokens},
          {"completion_tokens", used.completion_tokens},
          {"cached_tokens", used.cached_tokens},
          {"estimated_tokens", used.estimated_tokens},
          {"unpriced_requests", used.unpriced_requests},
          {"errors", used.errors},
          {"reserved_requests", state.reserved_requests},
          {"reserved_tokens", state.reserved_tokens},
          {"reserved_cost", dollars(state.reserved_cost)},
          {"total_requests", state.total.requests},
          {"total_tokens", state.total.tokens()},
          {"total_cost", dollars(state.total.cost)}};
}

Json counter_json(const usage::Meter& meter, const std::string& account, WallTime now) {
  const usage::CounterState own = meter.state(now);
  const auto shared = meter.account_state(now);
  if (!shared) {
    Json json = state_json(own, usage::forecast({own}, now), now);
    json["account"] = nullptr;
    return json;
  }
  Json json = state_json(own, usage::forecast({own, *shared}, now), now);
  json["account"] = {{"name", account}};
  json["account"].update(state_json(*shared, usage::forecast({*shared}, now), now));
  return json;
}

Json quota_json(const usage::CounterState& state, WallTime now) {
  Json windows = windows_json(state, now);
  return windows.empty() ? Json(nullptr) : windows;
}

}  // namespace aigw::api
