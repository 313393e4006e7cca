#include "config/changes.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/fields.h"
#include "config/price_reader.h"

namespace aigw::config {
namespace {

const Route* find_route(const Config& config, const std::string& model) {
  const auto route = std::find_if(config.routes.begin(), config.routes.end(),
                                  [&](const Route& candidate) { return candidate.model == model; });
  return route == config.routes.end() ? nullptr : &*route;
}

const Provider* find_provider(const Route* route, const std::string& name) {
  if (route == nullptr) return nullptr;
  const auto provider = std::find_if(route->providers.begin(), route->providers.end(),
                                     [&](const Provider& candidate) { return candidate.name == name; });
  return provider == route->providers.end() ? nullptr : &*provider;
}

std::string name_of(const Route& route, const Provider& provider) { return route.model + "/" + provider.name; }

// The names of the providers that both have, in the order of the first.
std::vector<std::string> common_order(const Route& route, const Route& other) {
  std::vector<std::string> names;
  for (const Provider& provider : route.providers) {
    if (find_provider(&other, provider.name) != nullptr) names.push_back(provider.name);
  }
  return names;
}

bool differs_itself(const Route& before, const Route& after) {
  return before.aliases != after.aliases || before.strategy != after.strategy ||
         !(before.conversion == after.conversion) || before.capture != after.capture ||
         common_order(before, after) != common_order(after, before);
}

// What stands in both lists under one name, or in one of them alone (the other one null), in the order of `first`.
template <typename Named>
void pair_up(const std::vector<Named>& first, const std::vector<Named>& second,
             const std::function<void(const Named& one, const Named* other)>& pair) {
  std::unordered_map<std::string_view, const Named*> by_name;  // there may be 10,000 keys
  for (const Named& other : second) by_name.emplace(other.name, &other);
  for (const Named& one : first) {
    const auto other = by_name.find(one.name);
    pair(one, other == by_name.end() ? nullptr : other->second);
  }
}

template <typename Named>
void compare_named(const char* list, const std::vector<Named>& before, const std::vector<Named>& after,
                   Changes& changes) {
  const auto path_of = [&](const Named& one) { return std::string(list) + "/" + one.name; };
  pair_up<Named>(after, before, [&](const Named& now, const Named* old) {
    if (old == nullptr) {
      changes.added.push_back(path_of(now));
    } else if (!(*old == now)) {
      changes.changed.push_back(path_of(now));
    }
  });
  pair_up<Named>(before, after, [&](const Named& old, const Named* now) {
    if (now == nullptr) changes.removed.push_back(path_of(old));
  });
}

void append(std::vector<std::string>& names, std::vector<std::string> more) {
  names.insert(names.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Everything in `config` whose name `other` does not have.
std::vector<std::string> only_in(const Config& config, const Config& other) {
  std::vector<std::string> names;
  for (const Route& route : config.routes) {
    const Route* counterpart = find_route(other, route.model);
    if (counterpart == nullptr) names.push_back(route.model);
    for (const Provider& provider : route.providers) {
      if (find_provider(counterpart, provider.name) == nullptr) names.push_back(name_of(route, provider));
    }
  }
  return names;
}

// What was taken at start: the listening socket, the sizes of what serves it, and what is kept of it.
std::vector<std::string> restart_fields(const Global& before, const Global& after) {
  std::vector<std::string> fields;
  if (before.host != after.host) fields.emplace_back("_global.host");
  if (before.port != after.port) fields.emplace_back("_global.port");
  if (before.threads != after.threads) fields.emplace_back("_global.threads");
  if (before.max_connections != after.max_connections) fields.emplace_back("_global.max_connections");
  if (before.requests_kept != after.requests_kept) fields.emplace_back("_global.requests_kept");
  if (before.requests_kept_mb != after.requests_kept_mb) fields.emplace_back("_global.requests_kept_mb");
  return fields;
}

}  // namespace

Changes compare(const Config& before, const Config& after) {
  Changes changes;
  if (!(before.global == after.global)) changes.changed.emplace_back(kGlobalName);
  compare_named(kKeysName, before.keys, after.keys, changes);
  compare_named(kOwnersName, before.owners, after.owners, changes);
  if (before.well_known_prices != after.well_known_prices || before.prices_date != after.prices_date) {
    changes.changed.emplace_back(kPricesFileName);
  }
  append(changes.added, only_in(after, before));
  append(changes.removed, only_in(before, after));
  for (const Route& route : after.routes) {
    const Route* old_route = find_route(before, route.model);
    if (old_route == nullptr) continue;
    if (differs_itself(*old_route, route)) changes.changed.push_back(route.model);
    for (const Provider& provider : route.providers) {
      const Provider* old_provider = find_provider(old_route, provider.name);
      if (old_provider != nullptr && !(*old_provider == provider)) changes.changed.push_back(name_of(route, provider));
    }
  }
  changes.needs_restart = restart_fields(before.global, after.global);
  return changes;
}

}  // namespace aigw::config
