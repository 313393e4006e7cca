#include "gateway/allowance.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/timestamp.h"
#include "gateway/availability.h"
#include "gateway/billing.h"
#include "gateway/waiting.h"
#include "protocol/limit_headers.h"

namespace aigw::gateway {
namespace {

// A budget that is empty for longer than this is nothing to wait for on a client's own accord.
constexpr Millis kWorthWaiting{60'000};

// A minute slides in steps of a second, so that room may be as far as 61 away. Many SDKs wait for less than 60 alone, and
// come back at once if it is more (openai-node #1841, openai-python #3555).
constexpr Millis kRetryAfterMax{59'000};

usage::Estimate estimate_of(const Caller& caller, const Asked& asked, const LiveRoute& route) {
  if (asked.dialect() == Dialect::TokenCount) return {};
  const config::PricedTokens expected = expected_use(asked, route.state->average_completion_tokens());
  usage::Estimate estimate{total_tokens(expected), 0};
  if (!caller.pays) return estimate;
  for (const Backend& backend : route.backends) {
    if (!backend.usable()) continue;
    estimate.cost = std::max(estimate.cost, expected_bill(asked, route, backend, caller.owner_terms, expected).charge);
  }
  return estimate;
}

Refusal over_rate(const usage::Shortage& shortage) {
  Refusal refusal = refuse(429, "The limit of " + shortage.title + " is reached: " + describe(*shortage.rate) +
                                    ". Try again in " + wait_text(shortage.rate->free_in) + ".");
  refusal.retry_after = std::min(shortage.rate->free_in, kRetryAfterMax);
  return refusal;
}

Refusal held(const std::string& what) {
  Refusal refusal = refuse(429, "What is left of the " + what + " is held by requests in flight.");
  refusal.retry_after = Millis{1'000};
  return refusal;
}

Refusal over_budget(const usage::Shortage& shortage, WallTime now) {
  const std::string used_up = shortage.state ? why_full(*shortage.state) : "";
  if (used_up.empty()) return held("budget of " + shortage.title);
  Refusal refusal =
      refuse(429, "The budget of " + shortage.title + " is used up: " + used_up + ".", "insufficient_quota");
  refusal.error.type = "insufficient_quota";
  if (shortage.until && *shortage.until != WallTime::max()) {
    refusal.retry_after = std::max(Millis{0}, std::chrono::ceil<Millis>(*shortage.until - now));
    refusal.error.message += " It begins anew at " + format_local_time(*shortage.until) + ".";
  }
  refusal.worth_retrying = refusal.retry_after && *refusal.retry_after <= kWorthWaiting;
  return refusal;
}

Refusal out_of_balance(const Caller& caller) {
  Refusal refusal = refuse(402, "The balance of " + caller.owner + " is used up. It needs a credit from whoever runs "
                                "this gateway (POST /admin/owners/<name>/credit).");
  refusal.worth_retrying = false;
  return refusal;
}

Refusal refusal_for(const Caller& caller, const usage::Shortage& shortage) {
  switch (shortage.why) {
    case usage::Shortage::Why::Rate: return over_rate(shortage);
    case usage::Shortage::Why::Balance: return out_of_balance(caller);
    case usage::Shortage::Why::Held: return held(shortage.title);
    case usage::Shortage::Why::Quota: break;
  }
  return over_budget(shortage, wall_now());
}

std::optional<protocol::OwnLimit> own_limit(const std::optional<usage::RateState>& state) {
  if (!state) return std::nullopt;
  return protocol::OwnLimit{state->limit, state->remaining, state->reset};
}

}  // namespace

std::variant<usage::Reservation, Refusal> take_allowance(Gateway& gateway, const Caller& caller, const Asked& asked,
                                                         const LiveRoute& route, http::Waiter& waiter) {
  const usage::Estimate estimate = estimate_of(caller, asked, route);
  Waiting waiting(gateway, waiter, caller.who());
  for (;;) {
    usage::Grant grant = caller.meter->reserve(estimate, read_clocks(), waiting.places());
    if (grant) return std::move(*grant);
    const usage::Shortage& shortage = grant.shortage();
    const bool waits = shortage.rate && shortage.rate->line != nullptr;
    if (waits && waiting.wait({*shortage.rate}, SteadyTime::max())) continue;
    if (waits && waiter.client_gone()) return refuse(kClientGone, "The client left the queue.");
    return refusal_for(caller, shortage);
  }
}

std::optional<Refusal> refuse_model(const Caller& caller, const std::string& asked, const LiveRoute& route) {
  if (caller.models.allow(asked, route.config->model)) return std::nullopt;
  return refuse(403, "The key '" + caller.key + "' may not use the model '" + shorten(asked, 100) +
                         "'. GET /v1/models lists those that it may.");
}

std::variant<config::Strategy, Refusal> strategy_for(const Caller& caller, std::string_view wanted,
                                                     config::Strategy of_route) {
  if (wanted.empty()) return of_route;
  const std::optional<config::Strategy> strategy = config::parse_strategy(wanted);
  if (!strategy) {
    return refuse(400, "X-Gateway-Strategy must be weighted, round_robin, random, least_connections, latency, expiring "
                       "or cost.");
  }
  if (caller.may_choose_strategy) return *strategy;
  return refuse(403, "The key '" + caller.key + "' may not choose a strategy: leave X-Gateway-Strategy out, or have "
                     "\"choose_strategy\": true set at the key.");
}

http::Headers limit_fields(const Caller& caller, Dialect client) {
  const Now now = read_clocks();
  http::Headers headers;
  for (auto& [name, value] :
       protocol::limit_headers(client, own_limit(caller.meter->requests_in_minute(now.steady)),
                               own_limit(caller.meter->tokens_in_minute(now.steady)), now.wall)) {
    headers.add(std::move(name), std::move(value));
  }
  return headers;
}

}  // namespace aigw::gateway
