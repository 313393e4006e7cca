#include <nlohmann/json.hpp>

#include "api/counter_json.h"
#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/key_json.h"
#include "base/money.h"
#include "base/timestamp.h"

namespace aigw::api {

void show_own_usage(Call& call) {
  using Json = nlohmann::ordered_json;
  const gateway::Caller& caller = call.caller;
  const Now now = read_clocks();
  const usage::CounterState state = caller.meter->state(now.wall);
  const auto expires = caller.terms != nullptr ? caller.terms->expires : std::nullopt;
  Json json = {{"key", caller.key},
               {"owner", caller.owner.empty() ? Json(nullptr) : Json(caller.owner)},
               {"role", to_string(caller.role)},
               {"models", caller.models.patterns},
               {"expires", expires ? Json(format_timestamp(*expires)) : Json(nullptr)},
               {"usage", use_json(state)},
               {"budget", quota_json(state, now.wall)},
               {"limits", rates_json(*caller.meter, now.steady)},
               {"balance", nullptr}};
  if (!caller.owner.empty()) {
    const auto account = call.callers->owner(caller.owner);
    const usage::CounterState owner = account->meter->state(now.wall);
    json["owner_usage"] = use_json(owner);
    json["owner_budget"] = quota_json(owner, now.wall);
    const auto balance = call.gateway.counters().wallets().balance(caller.owner);
    if (balance || caller.owner_terms->prepaid) json["balance"] = to_dollars(balance.value_or(0));
  }
  call.client.reply(json_reply(200, json));
}

}  // namespace aigw::api
