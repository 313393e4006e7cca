#include "gateway/survey.h"

#include "gateway/billing.h"

namespace aigw::gateway {
namespace {

routing::Candidate candidate_of(std::size_t index, const Asked& asked, const LiveRoute& route,
                                config::Strategy strategy, const config::PricedTokens& expected, WallTime now) {
  const Backend& backend = route.backends[index];
  routing::Candidate candidate{index, backend.state->in_flight(), backend.state->average_latency_ms()};
  if (strategy == config::Strategy::Expiring) {  // a forecast costs more than the rest of the choice
    const usage::Forecast forecast = backend.meter->forecast(now);
    candidate.quota_expires = forecast.expires;
    candidate.quota_unused_share = forecast.unused_share;
  }
  if (strategy == config::Strategy::Cost) {
    const Bill bill = expected_bill(asked, route, backend, nullptr, expected);
    if (bill.priced) candidate.cost = bill.cost;
  }
  return candidate;
}

}  // namespace

Survey survey(const Asked& asked, const LiveRoute& route, config::Strategy strategy, Now now,
              const usage::Places& places, const std::function<bool(const Backend&)>& leaves_out) {
  const config::PricedTokens expected = expected_use(asked, route);
  Survey found;
  for (std::size_t i = 0; i < route.backends.size(); ++i) {
    const Backend& backend = route.backends[i];
    if (leaves_out && leaves_out(backend)) continue;
    if (auto why = unavailable_for(asked, backend, now, places)) {
      found.others.push_back({&backend, std::move(*why)});
    } else {
      found.candidates.push_back(candidate_of(i, asked, route, strategy, expected, now.wall));
    }
  }
  return found;
}

std::size_t contenders(const Survey& found, const LiveRoute& route, int priority) {
  std::size_t count = 0;
  std::size_t spare = 0;
  for (const routing::Candidate& candidate : found.candidates) {
    const config::Provider& provider = *route.backends[candidate.index].config;
    if (provider.priority == priority) ++(provider.weight > 0 ? count : spare);
  }
  return count > 0 ? count : spare;
}

config::PricedTokens expected_use(const Asked& asked, const LiveRoute& route) {
  return expected_use(asked, route.state->average_completion_tokens());
}

}  // namespace aigw::gateway
