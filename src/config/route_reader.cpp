#include "config/route_reader.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/text.h"
#include "base/url.h"
#include "config/fields.h"
#include "config/model_pattern.h"
#include "config/provider_type.h"
#include "config/readers.h"
#include "config/resolution.h"

namespace aigw::config {
namespace {

ProviderDraft with_defaults(const Global& global) {
  ProviderDraft draft;
  draft.retry = global.default_retry;
  draft.timeout = global.default_timeout;
  return draft;
}

// What one object says of a provider, on top of what `draft` holds already.
bool read_into(ProviderDraft& draft, const Value& value, const Fields<ProviderDraft>& fields) {
  if (!read_object(value.noting(draft.lacking), fields, draft)) return false;
  std::set<std::string> here;
  const auto members = value.members();
  for (const auto& [name, member] : *members) here.insert(name);
  if (here.contains("api_key") && here.contains("api_key_file")) {
    value.refuse("api_key and api_key_file exclude each other");
  }
  if (here.contains("mock") && draft.type != ProviderType::Mock) {
    value.refuse("\"mock\" is for providers of \"type\": \"mock\" only");
  }
  draft.given.insert(here.begin(), here.end());
  return true;
}

// An entry's quota and limits stand beside those of its account: they make up for nothing that the latter lacks.
void move_limits_to_account(ProviderDraft& draft) {
  draft.account_quota = std::exchange(draft.quota, {});
  draft.account_limits = std::exchange(draft.limits, {});
  Lacking lacking;
  for (const auto& [field, reason] : draft.lacking) {
    lacking.emplace(starts_with(field, ".rate_limit") ? "account" + field : field, reason);
  }
  draft.lacking = std::move(lacking);
}

void check_names(const Route& route, const std::vector<Value>& entries, Report& report) {
  for (std::size_t i = 0; i < route.providers.size(); ++i) {
    const std::string& name = route.providers[i].name;
    for (std::size_t before = 0; before < i && !name.empty(); ++before) {
      if (route.providers[before].name != name) continue;
      report.problems.push_back({member_path(entries[i].path(), "name"),
                                 "already the name of " + element_path("providers", before)});
      break;
    }
  }
}

void check_weights(const Route& route, const Value& entries) {
  std::map<int, std::int64_t> weight_of_tier;
  for (const Provider& provider : route.providers) {
    if (provider.enabled) weight_of_tier[provider.priority] += provider.weight;
  }
  for (const auto& [priority, weight] : weight_of_tier) {
    if (weight > 0) continue;
    entries.refuse("all enabled providers of priority " + std::to_string(priority) +
                   " have weight 0; at least one needs more");
  }
}

}  // namespace

Accounts read_accounts(const Value& value, const Global& global) {
  Accounts accounts;
  const auto members = value.members();
  if (!members) return accounts;
  for (const auto& [name, member] : *members) {
    if (const auto fault = name_fault(name)) member.refuse(*fault);
    ProviderDraft draft = with_defaults(global);
    const bool is_object = read_into(draft, member, account_fields());
    draft.account = name;
    move_limits_to_account(draft);
    accounts[name] = is_object ? std::optional(std::move(draft)) : std::nullopt;
  }
  return accounts;
}

Route RouteReader::read(const std::string& model, const Value& value) const {
  RouteDraft draft;
  draft.model = model;
  if (const auto fault = name_fault(model)) value.refuse(*fault);
  if (!read_object(value, route_fields(), draft)) return draft;
  if (!draft.entries) {
    value.refuse("\"providers\" is required" + suggestion(model, {kGlobalName, kAccountsName}));
    return draft;
  }
  const auto entries = draft.entries->elements();
  if (!entries) return draft;
  if (entries->empty()) draft.entries->refuse("at least one provider is required");
  for (const Value& entry : *entries) draft.providers.push_back(read_provider(model, entry));
  check_names(draft, *entries, report_);
  check_weights(draft, *draft.entries);
  return draft;
}

ProviderDraft RouteReader::read_provider(const std::string& model, const Value& value) const {
  bool account_known = true;
  ProviderDraft draft = begin_provider(value, account_known);
  if (!read_into(draft, value, provider_fields())) return draft;
  if (draft.type == ProviderType::Mock && !draft.given.contains("model")) {
    draft.model = is_pattern(model) ? "*" : model;
  }
  if (!draft.given.contains("name")) value.refuse("\"name\" is required");
  if (account_known && !was_refused(value, "type")) {
    resolve(draft, value);
    check_required(draft, value);
  }
  const auto reason = reason_of(draft.lacking);
  if (draft.enabled && reason) {
    draft.unavailable_reason = *reason;
    report_.warnings.push_back(value.path() + " " + in_quotes(draft.name) + " is unavailable: " + *reason);
  }
  return draft;
}

ProviderDraft RouteReader::begin_provider(const Value& value, bool& account_known) const {
  const std::string use = look_ahead_for_use(value);
  if (use.empty()) return with_defaults(global_);
  const auto account = accounts_.find(use);
  account_known = account != accounts_.end() && account->second;
  if (account_known) return *account->second;
  if (account == accounts_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, known] : accounts_) names.push_back(name);
    report_.problems.push_back({member_path(value.path(), "use"),
                                "no such entry in " + std::string(kAccountsName) + suggestion(use, names)});
  }
  return with_defaults(global_);
}

// An account's fields go in before the entry's own, wherever `use` stands in the file. What is wrong with the
// value is found, and reported, when its turn comes.
std::string RouteReader::look_ahead_for_use(const Value& entry) const {
  Report aside{report_.environment, {}, {}};
  const auto members = entry.reporting_to(aside).members();
  if (!members) return "";
  for (const auto& [name, value] : *members) {
    if (name == "use") return read_name(value).value_or("");
  }
  return "";
}

void RouteReader::check_required(const ProviderDraft& draft, const Value& value) const {
  if (draft.type == ProviderType::Mock) return;
  const bool needs_endpoint = public_endpoint(draft.type).empty();
  if (needs_endpoint && !draft.given.contains("endpoint")) value.refuse("\"endpoint\" is required");
  if (!draft.given.contains("model")) value.refuse("\"model\" is required");
  check_api_key(draft, value);
}

// Servers at home seldom want a key; for all others leaving it out is more often an oversight than a wish.
void RouteReader::check_api_key(const ProviderDraft& draft, const Value& value) const {
  if (draft.given.contains("api_key") || draft.given.contains("api_key_file")) return;
  if (draft.endpoint.empty()) return;
  const Result<Url> url = parse_url(draft.endpoint);
  if (url && is_local_host(url->host)) return;
  value.refuse("\"api_key\" is required; write \"api_key\": \"\" if this endpoint takes none");
}

bool RouteReader::was_refused(const Value& object, const char* field) const {
  const std::string path = member_path(object.path(), field);
  return std::any_of(report_.problems.begin(), report_.problems.end(),
                     [&](const Problem& problem) { return problem.path == path; });
}

}  // namespace aigw::config
