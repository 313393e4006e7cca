#include "config/loader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/text.h"
#include "config/document.h"
#include "config/fields.h"
#include "config/model_pattern.h"
#include "config/route_reader.h"
#include "config/text_file.h"
#include "config/value.h"

namespace aigw::config {
namespace {

// The top of the file, sorted into what it may hold.
struct Top {
  std::optional<Value> global;
  std::optional<Value> accounts;
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
    } else if (name == kSchemaName) {
      continue;  // for editors
    } else if (starts_with(name, "_") || starts_with(name, "$")) {
      const std::string meant = suggestion(name, {kGlobalName, kAccountsName, kSchemaName});
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

Config read_config(const Value& root, Report& report) {
  Config config;
  const Top top = sort_top(root);
  if (top.global) read_object(*top.global, global_fields(), config.global);
  const Accounts accounts = top.accounts ? read_accounts(*top.accounts, config.global) : Accounts{};
  const RouteReader reader(config.global, accounts, report);
  for (const auto& [model, value] : top.routes) config.routes.push_back(reader.read(model, value));
  check_names(config.routes, report);
  check_default_model(config, report);
  if (config.routes.empty() && report.problems.empty()) report.warnings.emplace_back("no model is configured");
  return config;
}

void apply(const Overrides& overrides, Global& global) {
  if (overrides.host) global.host = *overrides.host;
  if (overrides.port) global.port = *overrides.port;
  if (overrides.threads) global.threads = *overrides.threads;
}

}  // namespace

Loaded load_text(std::string_view text, const Environment& environment, const Overrides& overrides) {
  Document document = parse_document(text);
  Report report{environment, std::move(document.problems), {}};
  Config config;
  if (document.readable) config = read_config(Value(document.root, "", report), report);
  apply(overrides, config.global);

  Loaded loaded;
  if (report.problems.empty()) loaded.config = std::make_shared<const Config>(std::move(config));
  loaded.problems = std::move(report.problems);
  loaded.warnings = std::move(report.warnings);
  return loaded;
}

Loaded load_file(const std::string& path, const Environment& environment, const Overrides& overrides) {
  const Result<std::string> text = read_text_file(path, kFileBytesMax);
  if (text) return load_text(*text, environment, overrides);
  return {nullptr, {{"", "can't read " + path + ": " + text.error().detail}}, {}};
}

}  // namespace aigw::config
