#include "config/loader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "config/document.h"
#include "config/fields.h"
#include "config/key_reader.h"
#include "config/model_pattern.h"
#include "config/owner_reader.h"
#include "config/price_reader.h"
#include "config/prices.h"
#include "config/route_reader.h"
#include "config/text_file.h"
#include "config/text_place.h"
#include "config/value.h"

namespace aigw::config {
namespace {

// The top of the file, sorted into what it may hold.
struct Top {
  std::optional<Value> global;
  std::optional<Value> accounts;
  std::optional<Value> keys;
  std::optional<Value> owners;
  std::vector<std::pair<std::string, Value>> routes;
};

Top sort_top(const Value& root) {
  Top top;
  const auto members = root.members();
  if (!members) return top;
  for (const auto& [name, value] : *members) {
    if (name == kGlobalName) {
      top.global = value;
    } else if (name == kAccountsName) {
      top.accounts = value;
    } else if (name == kKeysName) {
      top.keys = value;
    } else if (name == kOwnersName) {
      top.owners = value;
    } else if (name == kSchemaName) {
      continue;  // for editors
    } else if (starts_with(name, "_") || starts_with(name, "$")) {
      const std::string meant = suggestion(name, {kGlobalName, kAccountsName, kKeysName, kOwnersName, kSchemaName});
      value.refuse("unknown field" + (meant.empty() ? "; the name of a model must not begin with _ or $" : meant));
    } else {
      top.routes.emplace_back(name, value);
    }
  }
  return top;
}

// Every name that a client may ask for must lead to one route.
void check_names(const std::vector<Route>& routes, Report& report) {
  std::map<std::string, std::string> taken;  // name and what it is
  for (const Route& route : routes) taken.emplace(route.model, "the name of a route");
  for (const Route& route : routes) {
    for (std::size_t i = 0; i < route.aliases.size(); ++i) {
      const std::string& alias = route.aliases[i];
      if (alias.empty()) continue;  // refused before
      const auto [entry, is_new] = taken.emplace(alias, "an alias of " + in_quotes(route.model));
      if (is_new) continue;
      const std::string path = element_path(member_path(member_path("", route.model), "aliases"), i);
      report.problems.push_back({path, "already " + entry->second});
    }
  }
}

void check_default_model(const Config& config, Report& report) {
  const std::string& wanted = config.global.default_model;
  if (wanted.empty()) return;
  std::vector<std::string> names;
  for (const Route& route : config.routes) {
    if (matches_pattern(route.model, wanted)) return;
    names.push_back(route.model);
    names.insert(names.end(), route.aliases.begin(), route.aliases.end());
  }
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return;
  const std::string path = member_path(kGlobalName, "default_model");
  report.problems.push_back({path, "no such model" + suggestion(wanted, names)});
}

// A credential must tell who sends it.
void check_digests(const Config& config, Report& report) {
  std::unordered_map<std::string, std::string> taken;  // digest and whose it is
  if (!config.global.api_key.empty()) taken.emplace(sha256_hex(config.global.api_key.reveal()), "_global.api_key");
  if (!config.global.admin_key.empty()) {
    taken.emplace(sha256_hex(config.global.admin_key.reveal()), "_global.admin_key");
  }
  for (const Key& key : config.keys) {
    const std::string path = member_path(kKeysName, key.name);
    for (const KeyDigest& digest : key.digests) {
      const auto [entry, is_new] = taken.emplace(digest.sha256, path);
      if (is_new) continue;
      report.problems.push_back({path, entry->second == path ? "has the same secret twice"
                                                             : "has the same secret as " + entry->second});
    }
  }
}

// Keys that are all left out must not open what they were to guard.
void check_some_key(const Top& top, const Config& config, Report& report) {
  if (!config.keys.empty() || !config.global.api_key.empty() || config.global.jwt) return;
  if (!top.keys || !report.problems.empty() || names_given(*top.keys).empty()) return;
  top.keys->refuse("none of these keys can be used, and without any the gateway would be open to everybody");
}

void warn_without_admin(const Config& config, Report& report) {
  const Global& global = config.global;
  const bool has_admin = !global.api_key.empty() || !global.admin_key.empty() ||
                         (global.jwt && !global.jwt->role_claim.empty()) ||
                         std::any_of(config.keys.begin(), config.keys.end(),
                                     [](const Key& key) { return key.enabled && key.role == Role::Admin; });
  if (config.keys.empty() || has_admin) return;
  report.warnings.emplace_back(
      "no key of this file may use /admin: set _global.admin_key, or give a key \"role\": \"admin\"");
}

bool counts_cost(const Quota& quota) {
  return std::any_of(quota.begin(), quota.end(),
                     [](const QuotaWindow& window) { return window.cost_per_period.has_value(); });
}

// The price of a model that only the request names is not known before.
void warn_of_unknown_prices(const Config& config, Report& report) {
  for (const Route& route : config.routes) {
    for (std::size_t i = 0; i < route.providers.size(); ++i) {
      const Provider& provider = route.providers[i];
      if (!provider.enabled || provider.model == "*") continue;
      if (!counts_cost(provider.quota) && !counts_cost(provider.account_quota)) continue;
      if (price_of(config, provider, provider.model).price) continue;
      const std::string path = element_path(member_path(member_path("", route.model), "providers"), i);
      report.warnings.push_back(path + " " + in_quotes(provider.name) +
                                " has a cost_per_period that nothing counts against: the price of " +
                                in_quotes(provider.model) + " is not known; give it a \"price\"");
    }
  }
}

Config read_config(const Value& root, PricesFile known, Report& report) {
  Config config;
  config.well_known_prices = std::move(known.prices);
  config.prices_date = std::move(known.date);
  const Top top = sort_top(root);
  if (top.global) read_object(*top.global, global_fields(), config.global);
  if (top.keys) config.keys = read_keys(*top.keys, report);
  if (top.owners) config.owners = read_owners(*top.owners);
  const Accounts accounts = top.accounts ? read_accounts(*top.accounts, config.global) : Accounts{};
  const RouteReader reader(config.global, accounts, report);
  for (const auto& [model, value] : top.routes) config.routes.push_back(reader.read(model, value));
  check_names(config.routes, report);
  check_default_model(config, report);
  check_digests(config, report);
  check_some_key(top, config, report);
  warn_without_admin(config, report);
  warn_of_unknown_prices(config, report);
  if (config.routes.empty() && report.problems.empty()) report.warnings.emplace_back("no model is configured");
  return config;
}

void apply(const Overrides& overrides, Global& global) {
  if (overrides.host) global.host = *overrides.host;
  if (overrides.port) global.port = *overrides.port;
  if (overrides.threads) global.threads = *overrides.threads;
}

// A file of a wrong kind has a problem in each of its values: no log and no reply should grow with them.
void keep_first(std::vector<Problem>& problems) {
  if (problems.size() <= kProblemsMax) return;
  const std::size_t more = problems.size() - kProblemsMax;
  problems.resize(kProblemsMax);
  problems.push_back({"", "and " + std::to_string(more) + " more like these"});
}

Loaded load(std::string_view text, PricesFile known, Report& report, const Overrides& overrides) {
  Document document = parse_document(text);
  report.problems.insert(report.problems.end(), document.problems.begin(), document.problems.end());
  Config config;
  if (document.readable) config = read_config(Value(document.root, "", report), std::move(known), report);
  apply(overrides, config.global);

  Loaded loaded;
  keep_first(report.problems);
  find_places(text, report.problems);
  if (report.problems.empty()) loaded.config = std::make_shared<const Config>(std::move(config));
  loaded.problems = std::move(report.problems);
  loaded.warnings = std::move(report.warnings);
  return loaded;
}

}  // namespace

Loaded load_text(std::string_view text, const Environment& environment, const Overrides& overrides) {
  Report report{environment, {}, {}};
  return load(text, {}, report, overrides);
}

Loaded load_file(const std::string& path, const Environment& environment, const Overrides& overrides) {
  const Result<std::string> text = read_text_file(path, kFileBytesMax);
  if (!text) return {nullptr, {{"", "can't read " + path + ": " + text.error().detail}}, {}};
  return load_text_of(path, *text, environment, overrides);
}

Loaded load_text_of(const std::string& path, std::string_view text, const Environment& environment,
                    const Overrides& overrides) {
  Report report{environment, {}, {}};
  const std::filesystem::path prices = std::filesystem::path(path).replace_filename(kPricesFileName);
  PricesFile known = read_prices_file(prices.string(), report);
  return load(text, std::move(known), report, overrides);
}

}  // namespace aigw::config
