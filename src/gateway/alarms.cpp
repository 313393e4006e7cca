#include "gateway/alarms.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace aigw::gateway {
namespace {

using config::AlertEvent;
using observe::Alert;

constexpr std::size_t kCheapList = 1'000;

bool is_caller(const Alert::Subject& subject) { return subject.kind == "key" || subject.kind == "owner"; }

}  // namespace

void Alarms::look(const std::shared_ptr<const LiveRoutes>& routes, const std::shared_ptr<const Callers>& callers,
                  Now now) {
  const bool routes_changed = std::exchange(routes_, routes) != routes;
  const bool callers_changed = std::exchange(callers_, callers) != callers;
  if (routes_changed) list_providers();
  if (routes_changed || callers_changed) list_until_ = SteadyTime::min();
  // Not within a round: all names of one are to be seen once.
  if (next_level_ == 0 && now.steady >= list_until_) list_levels(now.steady);
  look_at_disk(now.wall);
  look_at_providers(now.wall);
  read_some_levels(now.wall);
}

void Alarms::rest() {
  if (routes_ == nullptr) return;
  routes_ = nullptr;
  callers_ = nullptr;
  providers_.clear();
  levels_.clear();
  next_level_ = 0;
  marks_ = {};
  disk_was_ok_ = true;
}

void Alarms::look_at_disk(WallTime now) {
  const bool is_ok = counters_.disk_ok();
  if (std::exchange(disk_was_ok_, is_ok) && !is_ok) tell_(observe::disk_full(now));
}

void Alarms::look_at_providers(WallTime now) {
  for (WatchedProvider& provider : providers_) {
    const bool is_down = provider.state->is_down();
    if (std::exchange(provider.down, is_down) == is_down) continue;
    if (is_down) {
      const auto error = provider.state->last_error();
      tell_(observe::provider_down(provider.subject, error ? error->text : "", now));
    } else {
      tell_(observe::provider_up(provider.subject, now));
    }
  }
}

// What has another state than before is another provider (live_routes.h): nothing is known of it, and nothing told.
void Alarms::list_providers() {
  std::unordered_map<const routing::ProviderState*, bool> was_down;
  for (const WatchedProvider& provider : providers_) was_down[provider.state.get()] = provider.down;
  std::vector<WatchedProvider> listed;
  for (const LiveRoute& route : routes_->routes()) {
    for (const Backend& backend : route.backends) {
      if (!backend.usable()) continue;
      const bool down = was_down[backend.state.get()];
      listed.push_back({{"provider", backend.config->name, route.config->model}, backend.state, down});
    }
  }
  providers_ = std::move(listed);
}

// ---- levels ---------------------------------------------------------------------------------------

void Alarms::read_some_levels(WallTime now) {
  const std::size_t end = std::min(levels_.size(), next_level_ + kReadingsMax);
  for (; next_level_ < end; ++next_level_) {
    const WatchedLevels& watched = levels_[next_level_];
    if (watched.meter != nullptr) {
      read_windows(watched, now);
    } else {
      read_balance(watched.subject, now);
    }
  }
  if (next_level_ < levels_.size()) return;
  next_level_ = 0;
  marks_.end_round();
}

void Alarms::list_levels(SteadyTime now) {
  levels_.clear();
  std::set<std::string> accounts;
  for (const LiveRoute& route : routes_->routes()) {
    for (const Backend& backend : route.backends) {
      const config::Provider& provider = *backend.config;
      if (!provider.quota.empty()) {
        levels_.push_back({{"provider", provider.name, route.config->model}, backend.meter});
      }
      if (!provider.account_quota.empty() && accounts.insert(provider.account).second) {
        levels_.push_back({{"account", provider.account, ""}, backend.meter, true});
      }
    }
  }
  const std::vector<const config::Key*> keys = callers_->keys();
  for (const config::Key* const key : keys) {
    if (!key->budget.empty()) levels_.push_back({{"key", key->name, ""}, callers_->meter_of(*key)});
  }
  const std::vector<std::string> owners = callers_->owners();
  for (const std::string& name : owners) {
    const auto owner = callers_->owner(name);
    if (!owner->terms.budget.empty()) levels_.push_back({{"owner", name, ""}, owner->meter});
    if (counters_.wallets().has(name)) levels_.push_back({{"owner", name, ""}, nullptr});
  }
  const bool is_cheap = keys.size() + owners.size() <= kCheapList;
  list_until_ = is_cheap ? now : now + kListAnew;
}

void Alarms::read_windows(const WatchedLevels& watched, WallTime now) {
  using Unit = Alert::Level::Unit;
  const auto account = watched.is_account ? watched.meter->account_state(now) : std::nullopt;
  if (watched.is_account && !account) return;
  const usage::CounterState state = watched.is_account ? *account : watched.meter->state(now);
  for (const usage::WindowState& window : state.windows) {
    const std::int64_t period = window.last_reset ? window.last_reset->time_since_epoch().count() : 0;
    const auto read_limit = [&](Unit unit, std::int64_t used, std::optional<std::int64_t> limit) {
      if (limit) read(watched.subject, {unit, used, *limit, window.period}, period, now);
    };
    read_limit(Unit::Requests, window.used.requests, window.limit_requests);
    read_limit(Unit::Tokens, window.used.tokens(), window.limit_tokens);
    read_limit(Unit::Dollars, window.used.cost, window.limit_cost);
  }
}

// A balance is measured by what it was after its last credit.
void Alarms::read_balance(const Alert::Subject& owner, WallTime now) {
  const auto standing = counters_.wallets().standing(owner.name);
  if (!standing) return;
  const NanoDollars whole = std::max<NanoDollars>(standing->after_credit, 0);
  read(owner, {Alert::Level::Unit::Dollars, whole - standing->left, whole, ""}, standing->credits, now);
}

void Alarms::read(const Alert::Subject& subject, const Alert::Level& level, std::int64_t period, WallTime now) {
  // Names have no line ends.
  const std::string name = subject.kind + "\n" + subject.name + "\n" + subject.model + "\n" + level.period + "\n" +
                           to_string(level.unit);
  const observe::AlertLevels::Reached reached = marks_.read({name, level.used, level.limit, period});
  const bool of_caller = is_caller(subject);
  if (reached.high) {
    tell_(observe::level_reached(of_caller ? AlertEvent::Budget80 : AlertEvent::Quota80, subject, level, now));
  }
  if (reached.full) {
    const AlertEvent event = of_caller ? AlertEvent::BudgetExhausted : AlertEvent::QuotaExhausted;
    tell_(observe::level_reached(event, subject, level, now));
  }
}

}  // namespace aigw::gateway
