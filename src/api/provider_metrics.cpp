#include "api/provider_metrics.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/availability.h"

namespace aigw::api {
namespace {

using observe::Exposition;
using observe::Labels;
using Type = Exposition::Type;

// A provider as it was seen once, for all metrics of it.
struct Seen {
  Labels labels;
  bool available = false;
  bool down = false;
  std::chrono::nanoseconds cooldown{0};
  int in_flight = 0;
  usage::CounterState quota;
};

Seen look_at(const gateway::LiveRoute& route, const gateway::Backend& backend, Now now) {
  const routing::ProviderState& state = *backend.state;
  const auto until = state.cooling_until(now.steady);
  Seen seen;
  seen.labels.add("model", route.config->model).add("provider", backend.config->name);
  seen.available = !gateway::unavailable(backend, now);
  seen.down = state.is_down();
  if (until) seen.cooldown = *until - now.steady;
  seen.in_flight = state.in_flight();
  seen.quota = backend.meter->state(now.wall);
  return seen;
}

using Write = void (*)(Exposition& out, const Seen& provider);

struct ProviderFamily {
  Exposition::Family family;
  Write write;
};

const ProviderFamily kProviderFamilies[] = {
    {{"ai_gateway_provider_available", Type::Gauge, "", "1: it can be asked now; 0: it is skipped."},
     [](Exposition& out, const Seen& provider) { out.whole(provider.labels, provider.available ? 1 : 0); }},
    {{"ai_gateway_provider_down", Type::Gauge, "", "1: it has failed three times in a row."},
     [](Exposition& out, const Seen& provider) { out.whole(provider.labels, provider.down ? 1 : 0); }},
    {{"ai_gateway_provider_cooldown_seconds", Type::Gauge, "seconds", "How long it is still skipped after a failure."},
     [](Exposition& out, const Seen& provider) { out.billionths(provider.labels, provider.cooldown.count()); }},
    {{"ai_gateway_attempts_in_flight", Type::Gauge, "", "Tries at a provider under way."},
     [](Exposition& out, const Seen& provider) { out.whole(provider.labels, provider.in_flight); }},
};

// ---- quotas -----------------------------------------------------------------------------------------

enum class Side { Used, Limit };

// The limits of each window that has some, by unit: `requests`, `tokens` and `dollars`.
void write_windows(Exposition& out, const Labels& whose, const usage::CounterState& state, Side side) {
  const auto labelled = [&](const usage::WindowState& window, const char* unit) {
    Labels labels = whose;
    return labels.add("period", window.period.empty() ? "never" : window.period).add("unit", unit);
  };
  const bool used = side == Side::Used;
  for (const usage::WindowState& window : state.windows) {
    if (window.limit_requests) {
      out.whole(labelled(window, "requests"), used ? window.used.requests : *window.limit_requests);
    }
    if (window.limit_tokens) out.whole(labelled(window, "tokens"), used ? window.used.tokens() : *window.limit_tokens);
    if (window.limit_cost) out.billionths(labelled(window, "dollars"), used ? window.used.cost : *window.limit_cost);
  }
}

void write_resets(Exposition& out, const Labels& whose, const usage::CounterState& state) {
  for (const usage::WindowState& window : state.windows) {
    if (!window.next_reset) continue;
    Labels labels = whose;
    const auto since_1970 = std::chrono::duration_cast<std::chrono::nanoseconds>(window.next_reset->time_since_epoch());
    out.billionths(labels.add("period", window.period), since_1970.count());
  }
}

// By account; one that several providers share is told once.
std::map<std::string, usage::CounterState> account_quotas(const gateway::LiveRoutes& routes, WallTime now) {
  std::map<std::string, usage::CounterState> quotas;
  for (const gateway::LiveRoute& route : routes.routes()) {
    for (const gateway::Backend& backend : route.backends) {
      const std::string& account = backend.config->account;
      if (account.empty() || quotas.count(account) != 0) continue;
      if (auto state = backend.meter->account_state(now)) quotas.emplace(account, std::move(*state));
    }
  }
  return quotas;
}

void write_quotas(Exposition& out, const std::vector<Seen>& providers,
                  const std::map<std::string, usage::CounterState>& accounts) {
  out.family({"ai_gateway_quota_used", Type::Gauge, "", "What a provider was used for in a period of its quota."});
  for (const Seen& provider : providers) write_windows(out, provider.labels, provider.quota, Side::Used);
  out.family({"ai_gateway_quota_limit", Type::Gauge, "", "How much a provider may be used for in a period."});
  for (const Seen& provider : providers) write_windows(out, provider.labels, provider.quota, Side::Limit);
  out.family({"ai_gateway_quota_reset_timestamp_seconds", Type::Gauge, "seconds", "When the period ends."});
  for (const Seen& provider : providers) write_resets(out, provider.labels, provider.quota);
  out.family({"ai_gateway_account_quota_used", Type::Gauge, "", "The same for all providers of an account together."});
  for (const auto& [account, state] : accounts) {
    write_windows(out, Labels().add("account", account), state, Side::Used);
  }
  out.family({"ai_gateway_account_quota_limit", Type::Gauge, "", "How much an account may be used for in a period."});
  for (const auto& [account, state] : accounts) {
    write_windows(out, Labels().add("account", account), state, Side::Limit);
  }
}

}  // namespace

void write_providers(Exposition& out, const gateway::LiveRoutes& routes, Now now) {
  std::vector<Seen> providers;
  for (const gateway::LiveRoute& route : routes.routes()) {
    for (const gateway::Backend& backend : route.backends) {
      if (backend.config->enabled) providers.push_back(look_at(route, backend, now));
    }
  }
  for (const ProviderFamily& each : kProviderFamilies) {
    out.family(each.family);
    for (const Seen& provider : providers) each.write(out, provider);
  }
  write_quotas(out, providers, account_quotas(routes, now.wall));
}

}  // namespace aigw::api
