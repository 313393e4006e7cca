#include "gateway/callers.h"

#include <algorithm>
#include <set>

#include "auth/key_secret.h"
#include "base/timestamp.h"
#include "gateway/access.h"
#include "observe/log.h"
#include "usage/names.h"

namespace aigw::gateway {
namespace {

// An identity provider has people, not millions of them; whoever comes later is looked up again.
constexpr std::size_t kAccountsMax = 10'000;

constexpr const char* kApiKey = "api_key";
constexpr const char* kAdminKey = "admin_key";
constexpr const char* kJwt = "jwt";

std::optional<config::Key> simple_key(const char* name, const Secret& secret, config::Role role) {
  if (secret.empty()) return std::nullopt;
  config::Key key;
  key.name = name;
  key.digests = {{auth::digest_of(secret.reveal()), std::nullopt}};
  key.role = role;
  key.choose_strategy = true;
  return key;
}

std::vector<config::Key> all_keys(const config::Config& config, std::vector<config::Key> run_time_keys) {
  using config::Role;
  std::vector<config::Key> keys;
  const bool guards_admin = config.global.admin_key.empty();
  if (auto key = simple_key(kApiKey, config.global.api_key, guards_admin ? Role::Admin : Role::User)) {
    keys.push_back(std::move(*key));
  }
  if (auto key = simple_key(kAdminKey, config.global.admin_key, Role::Admin)) keys.push_back(std::move(*key));
  keys.insert(keys.end(), config.keys.begin(), config.keys.end());
  std::set<std::string> names;
  for (const config::Key& key : keys) names.insert(key.name);
  for (config::Key& key : run_time_keys) {
    if (names.insert(key.name).second) keys.push_back(std::move(key));
  }
  return keys;
}

bool has_money_limit(const config::Quota& quota) {
  return std::any_of(quota.begin(), quota.end(), [](const auto& window) { return window.cost_per_period.has_value(); });
}

// What `_owners` says of a name, itself or by its `*`.
std::optional<config::Owner> find_terms(const std::map<std::string, config::Owner>& owners, const std::string& name) {
  auto found = owners.find(name);
  if (found == owners.end()) found = owners.find("*");
  if (found == owners.end()) return std::nullopt;
  config::Owner terms = found->second;
  terms.name = name;
  return terms;
}

// Whether the models take a key.
bool needs_key(const std::vector<config::Key>& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const config::Key& key) { return key.name != kAdminKey; });
}

}  // namespace

Callers::Callers(config::Snapshot config, std::vector<config::Key> run_time_keys,
                 std::shared_ptr<auth::TokenKeySource> tokens, usage::Counters& counters, auth::Sessions* sessions)
    : config_(std::move(config)),
      tokens_(std::move(tokens)),
      counters_(counters),
      sessions_(sessions),
      ring_(all_keys(*config_, std::move(run_time_keys))),
      needs_key_(tokens_ != nullptr || gateway::needs_key(ring_.keys())) {
  for (const config::Key& key : ring_.keys()) {
    if (key.name == kApiKey || key.name == kAdminKey) ++simple_keys_;
    std::vector<IpBlock>& blocks = allowed_ips_.emplace_back();
    for (const std::string& text : key.allowed_ips) {
      if (const Result<IpBlock> block = IpBlock::parse(text)) blocks.push_back(*block);  // the reader has checked it
    }
  }
  for (const config::Owner& each : config_->owners) owners_.emplace(each.name, each);
  // It outlives this object, with the config that it keeps.
  const auto terms = [owners = owners_](const std::string& name) { return find_terms(owners, name); };
  meters_ = counters_.apply_callers(ring_.keys(), terms, wall_now());
  anybody_ = counters_.anybody();
  for (const config::Key& key : ring_.keys()) {
    const bool is_new = !key.owner.empty() && owner_terms_.count(key.owner) == 0;
    if (is_new) owner_terms_.emplace(key.owner, terms_of(key.owner));
  }
}

std::variant<Caller, Refusal> Callers::identify(const http::Request& request, bool is_anthropic,
                                                const std::vector<IpBlock>& trusted) const {
  const std::string_view credential = credential_of(request.headers, is_anthropic);
  if (credential.empty()) {
    if (auto caller = by_session(request, trusted)) return std::move(*caller);
  }
  return by_credential(credential, request, trusted);
}

std::variant<Callers::Entrant, Refusal> Callers::enter(std::string_view credential, const http::Request& request,
                                                       const std::vector<IpBlock>& trusted) const {
  auto found = by_credential(credential, request, trusted);
  if (auto* const refusal = std::get_if<Refusal>(&found)) return std::move(*refusal);
  Caller& caller = std::get<Caller>(found);
  if (caller.is_anonymous()) return no_such_key(credential);
  auth::Sessions::Holder holder;
  if (caller.terms == nullptr) {
    holder.token = Secret(std::string(credential));
  } else {
    holder.digest = auth::digest_of(credential);
  }
  return Entrant{std::move(caller), std::move(holder)};
}

std::variant<Caller, Refusal> Callers::by_credential(std::string_view credential, const http::Request& request,
                                                     const std::vector<IpBlock>& trusted) const {
  if (const auto found = ring_.find(credential, wall_now())) return by_key(*found, request, trusted);
  if (tokens_ != nullptr && auth::looks_like_jwt(credential)) return by_token(credential);
  if (needs_key_) return no_such_key(credential);
  Caller anybody;
  anybody.role = guards_admin() ? config::Role::User : config::Role::Admin;
  anybody.meter = anybody_;
  return anybody;
}

// Nothing if the request has no session: it is then like any other without a credential.
std::optional<std::variant<Caller, Refusal>> Callers::by_session(const http::Request& request,
                                                                 const std::vector<IpBlock>& trusted) const {
  const std::string_view cookie = session_of(request.headers);
  if (sessions_ == nullptr || cookie.empty()) return std::nullopt;
  const auto holder = sessions_->find(cookie, steady_now());
  if (!holder) return std::nullopt;
  if (!may_use_cookie(request)) {
    return refuse(403, "A web page of another origin may not use the dashboard's login.");
  }
  std::optional<std::variant<Caller, Refusal>> caller;
  if (!holder->token.empty()) {
    if (tokens_ != nullptr) caller = by_token(holder->token.reveal());
  } else if (const auto found = ring_.find_digest(holder->digest, wall_now())) {
    caller = by_key(*found, request, trusted);
  }
  const Caller* const good = caller ? std::get_if<Caller>(&*caller) : nullptr;
  if (good != nullptr && good->role == config::Role::Admin) return caller;
  const Refusal* const refusal = caller ? std::get_if<Refusal>(&*caller) : nullptr;
  // From another address, or while tokens can't be checked, it is no use now, but may be later.
  if (refusal != nullptr && refusal->status != 401) return caller;
  sessions_->end(cookie);
  return std::nullopt;
}

const config::Key* Callers::find_key(std::string_view name) const {
  const auto found = ring_.find_name(name);
  return found && *found >= simple_keys_ ? &ring_.keys()[*found] : nullptr;
}

std::shared_ptr<usage::Meter> Callers::meter_of(const config::Key& key) const {
  return meters_[static_cast<std::size_t>(&key - ring_.keys().data())];
}

std::vector<const config::Key*> Callers::keys() const {
  std::vector<const config::Key*> result;
  for (std::size_t i = simple_keys_; i < ring_.keys().size(); ++i) result.push_back(&ring_.keys()[i]);
  return result;
}

bool Callers::is_of_config(const config::Key& key) const {
  return static_cast<std::size_t>(&key - ring_.keys().data()) < simple_keys_ + config_->keys.size();
}

config::Owner Callers::terms_of(const std::string& owner) const {
  return find_terms(owners_, owner).value_or(config::Owner{owner, {}, {}, false, 0, {}});
}

std::variant<Caller, Refusal> Callers::by_key(std::size_t index, const http::Request& request,
                                              const std::vector<IpBlock>& trusted) const {
  const config::Key& key = ring_.keys()[index];
  if (!key.enabled) return refuse(401, "The key '" + key.name + "' is disabled.");
  if (key.expires && wall_now() >= *key.expires) {
    return refuse(401, "The key '" + key.name + "' has expired (" + format_timestamp(*key.expires) + ").");
  }
  const std::vector<IpBlock>& blocks = allowed_ips_[index];
  if (!blocks.empty()) {
    const std::string address = client_address(trusted, request);
    const bool allowed = std::any_of(blocks.begin(), blocks.end(),
                                     [&](const IpBlock& block) { return block.contains(address); });
    if (!allowed) {
      return refuse(403, "The key '" + key.name + "' may not be used from " + address + " (its allowed_ips).");
    }
  }
  Caller caller;
  caller.key = key.name;
  caller.owner = key.owner;
  caller.role = key.role;
  caller.models = key.models;
  caller.may_choose_strategy = key.choose_strategy;
  caller.terms = &key;
  caller.owner_terms = key.owner.empty() ? nullptr : &owner_terms_.at(key.owner);
  caller.meter = meters_[index];
  caller.pays = pays(&key, caller.owner_terms);
  return caller;
}

std::variant<Caller, Refusal> Callers::by_token(std::string_view token) const {
  const auto keys = tokens_->keys(auth::key_id_of(token), steady_now());
  if (!keys) {
    observe::log(observe::Level::Error, "Tokens not checked", {{"reason", keys.error().detail}});
    return refuse(503, "Tokens can't be checked now: the identity provider's keys can't be had.");
  }
  Result<auth::Claims> claims = auth::verify_jwt(token, tokens_->rules(), **keys, wall_now());
  if (!claims) return refuse(401, claims.error().detail);
  const std::shared_ptr<const OwnerAccount> account = owner(claims->owner);
  Caller caller;
  caller.key = kJwt;
  caller.owner = claims->owner;
  caller.role = claims->role;
  caller.models = std::move(claims->models);
  caller.may_choose_strategy = claims->role == config::Role::Admin;
  caller.owner_terms = &account->terms;
  caller.meter = account->meter;
  caller.pays = pays(nullptr, &account->terms);
  caller.kept = account;
  return caller;
}

std::shared_ptr<const Callers::OwnerAccount> Callers::owner(const std::string& name) const {
  const auto known = accounts_.with([&](const auto& accounts) -> std::shared_ptr<const OwnerAccount> {
    const auto found = accounts.find(name);
    return found == accounts.end() ? nullptr : found->second;
  });
  if (known != nullptr) return known;
  auto made = std::make_shared<OwnerAccount>();
  made->terms = terms_of(name);
  made->meter = counters_.owner(name, wall_now());
  accounts_.with([&](auto& accounts) {
    if (accounts.size() >= kAccountsMax) accounts.clear();
    accounts[name] = made;
  });
  return made;
}

std::vector<std::string> Callers::owners() const {
  std::set<std::string> names;
  for (const config::Owner& each : config_->owners) {
    if (each.name != "*") names.insert(each.name);
  }
  for (const auto& [name, terms] : owner_terms_) names.insert(name);
  for (const auto& [name, balance] : counters_.wallets().balances()) names.insert(name);
  for (std::string& name : counters_.names(usage::kOwners)) names.insert(std::move(name));
  return {names.begin(), names.end()};
}

Refusal no_such_key(std::string_view credential) {
  if (credential.empty()) {
    return refuse(401, "No API key was sent. Send the gateway's key as 'Authorization: Bearer <key>' or 'x-api-key: "
                       "<key>'.");
  }
  return refuse(401, "The API key is wrong. It must be one of the gateway's own (_global.api_key, _keys, or made with "
                     "POST /admin/keys), not a provider's.");
}

bool Callers::pays(const config::Key* key, const config::Owner* owner) const {
  if (key != nullptr && has_money_limit(key->budget)) return true;
  if (owner == nullptr) return false;
  return has_money_limit(owner->budget) || owner->prepaid || counters_.wallets().has(owner->name);
}

}  // namespace aigw::gateway
