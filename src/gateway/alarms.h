// Looks, again and again, for what webhooks are to be told: providers that are down or up again, levels of quotas,
// budgets and balances, a disk that can't be written. Each change is told once (observe/alert_levels.h says when a
// level has changed).
//
// A look takes some 2 ms at most: of 10,000 budgets it reads a part, and goes on from there the next time. Without a
// webhook nothing is looked at, and the first look with one begins anew.
//
// For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/callers.h"
#include "gateway/live_routes.h"
#include "observe/alert.h"
#include "observe/alert_levels.h"
#include "routing/provider_state.h"
#include "usage/counters.h"

namespace aigw::gateway {

class Alarms {
 public:
  using Tell = std::function<void(const observe::Alert& alert)>;

  // `counters` outlives this object.
  Alarms(usage::Counters& counters, Tell tell) : counters_(counters), tell_(std::move(tell)) {}

  void look(const std::shared_ptr<const LiveRoutes>& routes, const std::shared_ptr<const Callers>& callers, Now now);
  // Nobody listens: forgets what was seen.
  void rest();

  static constexpr std::size_t kReadingsMax = 2'000;  // of one look
  static constexpr Millis kListAnew{10'000};          // for owners who came since, where there are many

 private:
  struct WatchedProvider {
    observe::Alert::Subject subject;
    std::shared_ptr<routing::ProviderState> state;
    bool down = false;  // as it was told
  };
  // A quota, a budget or a balance.
  struct WatchedLevels {
    observe::Alert::Subject subject;
    std::shared_ptr<usage::Meter> meter;  // null for a balance
    bool is_account = false;              // of the meter's
  };

  void look_at_disk(WallTime now);
  void look_at_providers(WallTime now);
  void read_some_levels(WallTime now);
  void list_providers();
  void list_levels(SteadyTime now);
  void read_windows(const WatchedLevels& watched, WallTime now);
  void read_balance(const observe::Alert::Subject& owner, WallTime now);
  void read(const observe::Alert::Subject& subject, const observe::Alert::Level& level, std::int64_t period,
            WallTime now);

  usage::Counters& counters_;
  const Tell tell_;

  std::shared_ptr<const LiveRoutes> routes_;  // as they were listed
  std::shared_ptr<const Callers> callers_;
  std::vector<WatchedProvider> providers_;
  std::vector<WatchedLevels> levels_;
  std::size_t next_level_ = 0;
  SteadyTime list_until_ = SteadyTime::min();
  observe::AlertLevels marks_;
  bool disk_was_ok_ = true;
};

}  // namespace aigw::gateway
