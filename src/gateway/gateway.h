// What all requests share: the live config and routes, the counters, the way to the providers, and the gate that
// bounds how many exchanges run at once.
//
// Built once by main, in the order of its members; outlives the HTTP server. All functions may be called from any
// thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "config/live_config.h"
#include "gateway/live_routes.h"
#include "http/upstream.h"
#include "usage/counters.h"

namespace aigw::gateway {

class Gateway {
 public:
  // `live` and `counters` outlive this object.
  Gateway(config::LiveConfig& live, usage::Counters& counters);

  // The routes to serve by, from now on until the end of the caller's exchange.
  std::shared_ptr<const LiveRoutes> routes() const;

  // Reads the config file again. Afterwards new exchanges use it; or nothing has changed and the problems are returned.
  config::Reload reload();

  // Twice a second: due resets, snapshots of counters, idle connections to providers.
  void tick();

  usage::Counters& counters() { return counters_; }
  SteadyTime started() const { return started_; }

  // ---- the gate ----
  // A place among the exchanges that may run at once; freed when destroyed.
  class Place {
   public:
    explicit Place(std::atomic<int>* taken) : taken_(taken) {}
    Place(Place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(taken_, other.taken_);
      return *this;
    }
    ~Place() {
      if (taken_ != nullptr) --*taken_;
    }

   private:
    std::atomic<int>* taken_;
  };
  // Nothing when as many exchanges run as the gateway has threads for.
  std::optional<Place> enter();
  int exchanges() const { return exchanges_; }

  // From now on exchanges are refused; those in flight go on.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  config::LiveConfig& live_;
  usage::Counters& counters_;
  const std::shared_ptr<http::HttpUpstream> network_;
  const int exchanges_max_;
  const SteadyTime started_;
  Guarded<std::shared_ptr<const LiveRoutes>> routes_;
  std::mutex reloading_;
  std::atomic<int> exchanges_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace aigw::gateway
