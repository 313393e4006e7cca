#include "gateway/gateway.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "observe/log.h"

namespace aigw::gateway {
namespace {

using observe::Level;

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

std::set<std::string> names_of(const std::vector<config::Key>& keys) {
  std::set<std::string> names;
  for (const config::Key& key : keys) names.insert(key.name);
  return names;
}

// Whether somebody may use /admin for good.
bool has_admin(const config::Config& config, const std::vector<config::Key>& run_time_keys) {
  const auto is_admin = [](const config::Key& key) {
    return key.role == config::Role::Admin && key.enabled && !key.expires;
  };
  const config::Global& global = config.global;
  const std::set<std::string> hidden = names_of(config.keys);
  return !global.api_key.empty() || !global.admin_key.empty() || (global.jwt && !global.jwt->role_claim.empty()) ||
         std::any_of(config.keys.begin(), config.keys.end(), is_admin) ||
         std::any_of(run_time_keys.begin(), run_time_keys.end(), [&](const config::Key& key) {
           return is_admin(key) && hidden.count(key.name) == 0;
         });
}

// What the file and the keys made at run time do to each other.
std::vector<std::string> key_warnings(const config::Config& config, const std::vector<config::Key>& run_time_keys) {
  std::vector<std::string> warnings;
  if (!run_time_keys.empty() && !has_admin(config, run_time_keys)) {
    warnings.emplace_back("nobody may use /admin: set _global.admin_key, or give a key \"role\": \"admin\"");
  }
  const std::set<std::string> hidden = names_of(config.keys);
  for (const config::Key& key : run_time_keys) {
    if (hidden.count(key.name) == 0) continue;
    warnings.push_back("the key '" + key.name + "' of the file stands for the one that was made with /admin/keys, which "
                       "is hidden until its entry is gone");
  }
  return warnings;
}

void log_outcome(const config::Reload& reload) {
  for (const config::Problem& problem : reload.problems) {
    observe::log(Level::Error, "Config problem", {{"path", problem.path}, {"message", problem.message}});
  }
  if (!reload.done()) return observe::log(Level::Error, "Reload failed", {{"problems", reload.problems.size()}});
  for (const std::string& warning : reload.warnings)
    observe::log(Level::Warning, "Config warning", {{"message", warning}});
  observe::log(Level::Info, "Reloaded config",
               {{"added", joined(reload.changes.added)},
                {"removed", joined(reload.changes.removed)},
                {"changed", joined(reload.changes.changed)},
                {"needs_restart", joined(reload.changes.needs_restart)}});
}

}  // namespace

Gateway::Gateway(config::LiveConfig& live, usage::Counters& counters, auth::KeyStore& key_store,
                 observe::Telemetry& telemetry)
    : live_(live),
      counters_(counters),
      key_store_(key_store),
      telemetry_(telemetry),
      network_(std::make_shared<http::HttpUpstream>()),
      gate_(live.get()->global.threads),
      started_(steady_now()),
      lookout_(counters, network_) {
  const config::Snapshot config = live_.get();
  counters_.apply(*config, wall_now());
  auto routes = std::make_shared<const LiveRoutes>(config, nullptr, counters_, telemetry_.metrics(), network_);
  routes_.with([&](auto& current) { current = std::move(routes); });
  lookout_.reloaded(config->global.webhooks);
  key_store_.set_check([this](const std::vector<config::Key>& keys) { return check_keys(keys); });
  const std::lock_guard<std::mutex> lock(reloading_);
  renew_callers(nullptr);
  lookout_.look(this->routes(), callers(), read_clocks());  // before anything is used: what is found now is known already
}

std::shared_ptr<const LiveRoutes> Gateway::routes() const {
  return routes_.with([](const auto& current) { return current; });
}

std::shared_ptr<const Callers> Gateway::callers() const {
  return callers_.with([](const auto& current) { return current; });
}

Result<auth::KeyStore::Change> Gateway::change_keys(const KeyChange& change) {
  const std::lock_guard<std::mutex> lock(reloading_);
  Result<auth::KeyStore::Change> changed = change(key_store_);
  if (changed) renew_callers(&routes()->config());
  return changed;
}

config::Reload Gateway::reload() {
  const std::lock_guard<std::mutex> lock(reloading_);
  config::Reload reload = live_.reload();
  put_in_force(reload);
  return reload;
}

config::Reload Gateway::check_config(std::string_view edited) const { return live_.check(edited); }

config::Saved Gateway::save_config(std::string_view edited, std::string_view digest) {
  const std::lock_guard<std::mutex> lock(reloading_);
  config::Saved saved = live_.save(edited, digest);
  if (saved.outcome == config::Saved::Outcome::Done) put_in_force(saved.reload);
  return saved;
}

// What live_ has taken over already, or has refused.
void Gateway::put_in_force(config::Reload& reload) {
  if (reload.done()) {
    const std::vector<std::string> warnings = key_warnings(*live_.get(), key_store_.keys());
    reload.warnings.insert(reload.warnings.end(), warnings.begin(), warnings.end());
  }
  log_outcome(reload);
  if (!reload.done()) return lookout_.reload_failed(reload.problems);
  const config::Snapshot config = live_.get();
  const std::shared_ptr<const LiveRoutes> before = routes();
  counters_.apply(*config, wall_now());
  auto now = std::make_shared<const LiveRoutes>(config, before.get(), counters_, telemetry_.metrics(), network_);
  routes_.with([&](auto& current) { current = std::move(now); });
  renew_callers(&before->config());
  lookout_.reloaded(config->global.webhooks);
}

// What is made through /admin must not lock everybody out of it.
Status Gateway::check_keys(const std::vector<config::Key>& run_time_keys) const {
  const config::Snapshot config = live_.get();
  const std::set<std::string> taken = names_of(config->keys);
  const std::set<std::string> present = names_of(key_store_.keys());
  for (const config::Key& key : run_time_keys) {
    // One whose name the file took later must not stand in the way of changes to the others.
    if (taken.count(key.name) == 0 || present.count(key.name) != 0) continue;
    return Error{ErrorKind::Conflict, "There is a key '" + key.name + "' in the configuration file."};
  }
  if (run_time_keys.empty() || has_admin(*config, run_time_keys)) return Done{};
  return Error{ErrorKind::Conflict, "Nobody could use /admin any more. Set _global.admin_key, or make a key with "
                                    "\"role\": \"admin\" that never expires first."};
}

// Keys of an identity provider that were fetched are kept as long as the config says the same of it. `before`: the config
// until now, null at start.
void Gateway::renew_callers(const config::Config* before) {
  const config::Snapshot config = live_.get();
  const std::optional<config::Jwt>& jwt = config->global.jwt;
  if (!jwt) {
    token_keys_ = nullptr;
  } else if (before == nullptr || token_keys_ == nullptr || !(before->global.jwt == jwt)) {
    token_keys_ = std::make_shared<auth::TokenKeySource>(*jwt, *network_);
    // What is fetched is fetched when the first token comes.
    if (jwt->jwks_url.empty()) {
      const auto keys = token_keys_->keys("", steady_now());
      if (!keys) observe::log(Level::Error, "Tokens not checked", {{"reason", keys.error().detail}});
    }
  }
  auto renewed = std::make_shared<const Callers>(config, key_store_.keys(), token_keys_, counters_, &sessions_);
  const std::shared_ptr<const Callers> earlier = callers();
  if (earlier != nullptr && earlier->needs_key() && !renewed->needs_key()) {
    observe::log(Level::Warning, "Anybody who reaches this address may use the gateway",
                 {{"host", config->global.host}, {"advice", "there is no key any more"}});
  }
  callers_.with([&](auto& current) { current = std::move(renewed); });
}

void Gateway::tick() {
  counters_.tick(wall_now());
  network_->tick(steady_now());
  lookout_.look(routes(), callers(), read_clocks());
}

}  // namespace aigw::gateway
