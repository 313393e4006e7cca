// What all requests share: the live config and routes, the counters, the way to the providers, and the gate that
// bounds how many exchanges run at once.
//
// Built once by main, in the order of its members; outlives the HTTP server. All functions may be called from any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "auth/key_store.h"
#include "auth/sessions.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "config/live_config.h"
#include "gateway/callers.h"
#include "gateway/gate.h"
#include "gateway/live_routes.h"
#include "gateway/lookout.h"
#include "http/upstream.h"
#include "observe/telemetry.h"
#include "usage/counters.h"

namespace aigw::gateway {

class Gateway {
 public:
  // All of these outlive this object.
  Gateway(config::LiveConfig& live, usage::Counters& counters, auth::KeyStore& key_store,
          observe::Telemetry& telemetry);

  // The routes to serve by, from now on until the end of the caller's exchange.
  std::shared_ptr<const LiveRoutes> routes() const;

  // Who may call, likewise.
  std::shared_ptr<const Callers> callers() const;

  // Changes the keys that are made at run time, and puts that in force. One change at a time. Errors as KeyStore's;
  // Conflict: a key of the config has that name, or nobody could use /admin any more.
  using KeyChange = std::function<Result<auth::KeyStore::Change>(auth::KeyStore& store)>;
  Result<auth::KeyStore::Change> change_keys(const KeyChange& change);

  // Reads the config file again. Afterwards new exchanges use it; or nothing has changed and the problems are returned.
  config::Reload reload();

  // The config file, and an edited text for it: config/live_config.h. What is saved is in force as after a reload.
  const std::string& config_path() const { return live_.path(); }
  Result<config::ConfigFile> config_file() const { return live_.file(); }
  config::Reload check_config(std::string_view edited) const;
  config::Saved save_config(std::string_view edited, std::string_view digest);

  // Twice a second, on one thread: due resets, snapshots of counters, idle connections to providers, alerts.
  void tick();

  usage::Counters& counters() { return counters_; }
  observe::Telemetry& telemetry() { return telemetry_; }
  auth::Sessions& sessions() { return sessions_; }
  Gate& gate() { return gate_; }
  SteadyTime started() const { return started_; }

 private:
  void put_in_force(config::Reload& reload);
  void renew_callers(const config::Config* before);
  Status check_keys(const std::vector<config::Key>& run_time_keys) const;

  config::LiveConfig& live_;
  usage::Counters& counters_;
  auth::KeyStore& key_store_;
  observe::Telemetry& telemetry_;
  const std::shared_ptr<http::HttpUpstream> network_;
  Gate gate_;
  const SteadyTime started_;
  auth::Sessions sessions_;
  Guarded<std::shared_ptr<const LiveRoutes>> routes_;
  Guarded<std::shared_ptr<const Callers>> callers_;
  std::mutex reloading_;                               // guards what follows, and renewals of the two above
  std::shared_ptr<auth::TokenKeySource> token_keys_;  // null without `_global.jwt`
  Lookout lookout_;
};

}  // namespace aigw::gateway
