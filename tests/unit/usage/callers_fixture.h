// Keys and owners as tests need them, and what an exchange of theirs does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/key.h"
#include "usage/counters_fixture.h"

namespace aigw::usage {

inline config::QuotaWindow cost_limit(NanoDollars cost, const std::string& cron = "0 0 * * *") {
  config::QuotaWindow limit = limit_of({}, {}, cron);
  limit.cost_per_period = cost;
  return limit;
}

inline config::Key key_of(const std::string& name, const config::Quota& budget = {},
                          const config::Limits& limits = {}, const std::string& owner = {}) {
  config::Key key;
  key.name = name;
  key.owner = owner;
  key.budget = budget;
  key.limits = limits;
  return key;
}

inline config::Owner owner_of(const std::string& name, const config::Quota& budget = {},
                              const config::Limits& limits = {}) {
  config::Owner owner;
  owner.name = name;
  owner.budget = budget;
  owner.limits = limits;
  return owner;
}

// Owners as a config has them.
inline Counters::OwnerTerms terms_of(const std::vector<config::Owner>& owners) {
  return [owners](const std::string& name) -> std::optional<config::Owner> {
    for (const config::Owner& owner : owners) {
      if (owner.name == name) return owner;
    }
    return std::nullopt;
  };
}

// Anna's laptop, which asks for gpt, of `one` with the account `acme`.
struct Household {
  config::Key key = key_of("laptop", {}, {}, "anna");
  config::Owner owner = owner_of("anna");
  config::Config config = config_of({{"gpt", "one", {}, "acme", {limit_of(1'000'000)}}});

  config::Provider& provider() { return config.routes[0].providers[0]; }
  config::Limits& gateway_limits() { return config.global.limits; }

  // The meter of the caller.
  std::shared_ptr<Meter> apply(Gateway& gateway, WallTime now = noon()) const {
    gateway.counters->apply(config, now);
    return gateway.counters->apply_callers({key}, terms_of({owner}), now).at(0);
  }
};

// Of a caller by the name of the household's key.
inline Used used_for(NanoDollars cost, NanoDollars charge, std::string_view key = "laptop") {
  Used used{7, 3};
  used.cost = cost;
  used.charge = charge;
  used.key = key;
  return used;
}

// A window's counts of the key, and of the owner.
inline Counts key_used(const Meter& caller, WallTime now = noon()) { return caller.state(now).windows.at(0).used; }
inline Counts owner_used(const Meter& caller, WallTime now = noon()) {
  return caller.account_state(now).value().windows.at(0).used;
}

}  // namespace aigw::usage
