#include "usage/counters.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "usage/counter.h"
#include "usage/folder.h"
#include "usage/folder_lock.h"
#include "usage/holder.h"
#include "usage/journal.h"
#include "usage/recorder.h"
#include "usage/names.h"
#include "usage/store.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

using Key = std::pair<std::string, std::string>;  // model and provider; kAccounts, kKeys or kOwners, and whose it is

Error unusable(const fs::path& folder, const Error& error) {
  return Error{ErrorKind::Io, error.detail + "; the gateway keeps its usage counters in " + folder.string() +
                                  ": let its user write there (chown -R " + std::to_string(::geteuid()) + " " +
                                  folder.string() + ") or choose another data folder with --data"};
}

}  // namespace

struct Counters::Impl {
  struct Entry {
    std::shared_ptr<Counter> counter;
    std::shared_ptr<RateLimiter> limiter = std::make_shared<RateLimiter>();
    std::shared_ptr<Meter> meter = nullptr;  // made when first asked for
  };

  Impl(const fs::path& folder, FolderLock lock, std::shared_ptr<Recorder> recorder_used,
       std::shared_ptr<Wallets> wallets_used)
      : recorder(std::move(recorder_used)),
        wallets(std::move(wallets_used)),
        store(folder, std::move(lock), recorder, wallets, [this] { return counters(); }) {}

  // With `mutex` held for writing.
  Entry& entry(const Key& key, WallTime now);
  std::shared_ptr<Meter> meter(const Key& key, WallTime now);
  Holder configure(const Key& key, std::string title, const config::Quota& quota, const config::Limits& limits,
                   WallTime now, Resets& resets);
  // The holder of an owner, brought in line with the terms.
  Holder configure_owner(const std::string& name, WallTime now, Resets& resets);
  std::shared_ptr<Meter> caller_meter(const Holder* key, const Holder* owner, const std::string& owner_name) const;
  void retire(const std::function<bool(const Key&)>& is_gone);
  std::vector<std::string> names(std::string_view model) const;  // with `mutex` held

  std::vector<std::shared_ptr<Counter>> counters() const;
  std::shared_ptr<Counter> find(const Key& key) const;  // null if there is none

  const std::shared_ptr<Recorder> recorder;
  const std::shared_ptr<Wallets> wallets;
  const std::shared_ptr<RateLimiter> gateway = std::make_shared<RateLimiter>();
  std::atomic<WallTime> latest;  // the last time that we were told, for calls that come without one

  mutable std::shared_mutex mutex;  // guards `entries`; what is in it looks after itself
  std::map<Key, Entry> entries;
  OwnerTerms owner_terms = [](const std::string&) { return std::nullopt; };  // guarded likewise

  Store store;  // last: it lists the counters above
};

Result<std::unique_ptr<Counters>> Counters::open(const fs::path& folder, OnReset on_reset, OnWarning on_warning,
                                                 WallTime now) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return unusable(folder, {ErrorKind::Io, "can't create " + folder.string() + ": " + error.message()});
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock && lock.error().kind == ErrorKind::Unavailable) return Error{ErrorKind::Io, lock.error().detail};
  if (!lock) return unusable(folder, lock.error());
  auto wallets = std::make_shared<Wallets>(folder.parent_path() / "ledger.jsonl");
  const Result<std::vector<std::string>> problems = wallets->load();
  if (!problems) return unusable(folder.parent_path(), problems.error());
  Result<Found> found = read_folder(folder, *wallets);
  if (!found) return unusable(folder, found.error());
  Result<std::unique_ptr<Journal>> journal = Journal::open(folder / "journal");
  if (!journal) return unusable(folder, journal.error());

  auto recorder = std::make_shared<Recorder>(std::move(*journal), std::move(on_reset), std::move(on_warning));
  auto impl = std::make_unique<Impl>(folder, std::move(*lock), recorder, std::move(wallets));
  impl->latest = now;
  for (auto& counter : found->counters) impl->entries[{counter->model(), counter->provider()}] = {counter};
  for (const std::string& problem : *problems) recorder->warn("the ledger of balances: " + problem);
  for (const std::string& warning : found->warnings) recorder->warn(warning);
  recorder->journal().set_damage(found->journal_damage);
  static_cast<void>(impl->store.flush(now));  // a failure is reported, and no reason not to serve
  return std::unique_ptr<Counters>(new Counters(std::move(impl)));
}

Counters::Counters(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Counters::~Counters() {
  const Status flushed = flush(impl_->latest.load());
  static_cast<void>(flushed);  // the disk's failure was reported by flush
  impl_->recorder->close();
}

void Counters::apply(const config::Config& config, WallTime now) {
  impl_->latest = now;
  impl_->store.set_history_days(config.global.history_days);
  impl_->recorder->set_durability(config.global.durability);
  impl_->gateway->configure(config.global.limits);
  Resets resets;
  {
    const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
    std::set<Key> named;
    for (const config::Route& route : config.routes) {
      for (const config::Provider& provider : route.providers) {
        auto holders = std::make_shared<Holders>();
        const Key own(route.model, provider.name);
        named.insert(own);
        holders->push_back(impl_->configure(own, "", provider.quota, provider.limits, now, resets));
        const bool shares = !provider.account_quota.empty() || !provider.account_limits.none();
        if (shares && !provider.account.empty()) {
          const Key key(kAccounts, provider.account);
          named.insert(key);
          holders->push_back(impl_->configure(key, "account " + provider.account, provider.account_quota,
                                              provider.account_limits, now, resets));
        }
        impl_->meter(own, now)->set_holders(std::move(holders));
      }
    }
    impl_->retire([&](const Key& key) {
      return key.first != kKeys && key.first != kOwners && named.count(key) == 0;
    });
  }
  impl_->recorder->report(resets);
  impl_->recorder->set_urgent();  // the files show the new quotas soon
}

std::vector<std::shared_ptr<Meter>> Counters::apply_callers(const std::vector<config::Key>& keys, OwnerTerms terms,
                                                            WallTime now) {
  Resets resets;
  std::vector<std::shared_ptr<Meter>> meters;
  {
    const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
    impl_->owner_terms = std::move(terms);
    std::set<Key> named;
    std::map<std::string_view, Holder> owners;
    for (const config::Key& key : keys) {
      const Key name(kKeys, key.name);
      named.insert(name);
      const Holder own = impl_->configure(name, "key " + key.name, key.budget, key.limits, now, resets);
      auto owner = owners.find(key.owner);
      if (owner == owners.end() && !key.owner.empty()) {
        named.emplace(kOwners, key.owner);
        owner = owners.emplace(key.owner, impl_->configure_owner(key.owner, now, resets)).first;
      }
      meters.push_back(impl_->caller_meter(&own, owner == owners.end() ? nullptr : &owner->second, key.owner));
    }
    // Owners who came by a token are known by their counters alone.
    for (const std::string& name : impl_->names(kOwners)) {
      if (named.count({std::string(kOwners), name}) != 0 || !impl_->owner_terms(name)) continue;
      named.emplace(kOwners, name);
      impl_->configure_owner(name, now, resets);
    }
    impl_->retire([&](const Key& key) {
      return (key.first == kKeys || key.first == kOwners) && named.count(key) == 0;
    });
  }
  impl_->recorder->report(resets);
  return meters;
}

std::shared_ptr<Meter> Counters::owner(const std::string& name, WallTime now) {
  Resets resets;
  std::shared_ptr<Meter> meter;
  {
    const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
    const Holder holder = impl_->configure_owner(name, now, resets);
    meter = impl_->caller_meter(nullptr, &holder, name);
  }
  impl_->recorder->report(resets);
  return meter;
}

std::shared_ptr<Meter> Counters::anybody() { return impl_->caller_meter(nullptr, nullptr, ""); }

Wallets& Counters::wallets() { return *impl_->wallets; }

std::shared_ptr<Meter> Counters::meter(const std::string& model, const std::string& provider) {
  {
    const std::shared_lock<std::shared_mutex> guard(impl_->mutex);
    const auto found = impl_->entries.find({model, provider});
    if (found != impl_->entries.end() && found->second.meter) return found->second.meter;
  }
  const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
  return impl_->meter({model, provider}, impl_->latest.load());
}

bool Counters::has(const std::string& model, const std::string& provider) const {
  return impl_->find({model, provider}) != nullptr;
}

std::vector<std::string> Counters::names(std::string_view model) const {
  const std::shared_lock<std::shared_mutex> guard(impl_->mutex);
  return impl_->names(model);
}

Result<Counts> Counters::reset(const std::string& model, const std::string& provider, WallTime now) {
  const std::shared_ptr<Counter> counter = impl_->find({model, provider});
  if (counter == nullptr) return Error{ErrorKind::NotFound, "there is no counter " + model + " / " + provider};
  Resets resets;
  const Status saved = impl_->store.clear(counter, now, resets);
  impl_->recorder->report(resets);
  if (!saved) return saved.error();
  return resets.front().before;
}

Result<std::int64_t> Counters::read_history(WallTime from, WallTime to, const History::Visit& visit) const {
  // Before the files: what goes there meanwhile is then seen twice, which the history knows to tell.
  std::vector<HistoryRow> pending;
  for (const auto& counter : impl_->counters()) {
    if (!counter->is_entry()) continue;
    for (HourTotal& total : counter->hours()) {
      pending.push_back({counter->model(), counter->provider(), std::move(total)});
    }
  }
  return impl_->store.history().read(from, to, pending, visit);
}

void Counters::tick(WallTime now) {
  impl_->latest = now;
  Resets resets;
  for (const auto& counter : impl_->counters()) counter->make_due_resets(now, resets);
  impl_->store.tick(now, resets);
  impl_->recorder->report(resets);
}

Status Counters::flush(WallTime now) { return impl_->store.flush(now); }

bool Counters::disk_ok() const { return impl_->recorder->disk_ok(); }

Counters::Lag Counters::lag(SteadyTime now) const {
  const std::optional<SteadyTime> since = impl_->recorder->unsaved_since();
  return {impl_->recorder->journal().bytes(), since ? std::max(Millis{0}, millis_of(now - *since)) : Millis{0}};
}

Counters::Impl::Entry& Counters::Impl::entry(const Key& key, WallTime now) {
  Entry& found = entries[key];
  if (found.counter == nullptr) found.counter = std::make_shared<Counter>(key.first, key.second, now);
  return found;
}

std::shared_ptr<Meter> Counters::Impl::meter(const Key& key, WallTime now) {
  Entry& found = entry(key, now);
  if (found.meter == nullptr) {
    auto alone = std::make_shared<Holders>(Holders{{"", found.counter, found.limiter}});
    found.meter.reset(new Meter(std::move(alone), Balance{}, recorder));
  }
  return found.meter;
}

Holder Counters::Impl::configure(const Key& key, std::string title, const config::Quota& quota,
                                 const config::Limits& limits, WallTime now, Resets& resets) {
  const Entry& found = entry(key, now);
  found.counter->configure(quota, now, resets);
  found.limiter->configure(limits);
  return {std::move(title), found.counter, found.limiter};
}

Holder Counters::Impl::configure_owner(const std::string& name, WallTime now, Resets& resets) {
  const config::Owner terms = owner_terms(name).value_or(config::Owner{});
  return configure({std::string(kOwners), name}, "owner " + name, terms.budget, terms.limits, now, resets);
}

std::shared_ptr<Meter> Counters::Impl::caller_meter(const Holder* key, const Holder* owner,
                                                    const std::string& owner_name) const {
  auto holders = std::make_shared<Holders>();
  Balance balance;
  if (key != nullptr) holders->push_back(*key);
  if (owner != nullptr) {
    holders->push_back(*owner);
    const std::optional<config::Owner> terms = owner_terms(owner_name);
    balance = {wallets, owner_name, terms && terms->prepaid};
  }
  holders->push_back({"the gateway", nullptr, gateway});
  return std::shared_ptr<Meter>(new Meter(std::move(holders), std::move(balance), recorder));
}

void Counters::Impl::retire(const std::function<bool(const Key&)>& is_gone) {
  for (auto& [key, entry] : entries) {
    if (!is_gone(key)) continue;
    entry.counter->retire();
    entry.limiter->configure({});
  }
}

std::vector<std::string> Counters::Impl::names(std::string_view model) const {
  std::vector<std::string> result;
  for (auto each = entries.lower_bound({std::string(model), ""}); each != entries.end() && each->first.first == model;
       ++each) {
    result.push_back(each->first.second);
  }
  return result;
}

std::vector<std::shared_ptr<Counter>> Counters::Impl::counters() const {
  const std::shared_lock<std::shared_mutex> guard(mutex);
  std::vector<std::shared_ptr<Counter>> result;
  result.reserve(entries.size());
  for (const auto& [key, entry] : entries) result.push_back(entry.counter);
  return result;
}

std::shared_ptr<Counter> Counters::Impl::find(const Key& key) const {
  const std::shared_lock<std::shared_mutex> guard(mutex);
  const auto found = entries.find(key);
  return found != entries.end() ? found->second.counter : nullptr;
}

}  // namespace aigw::usage
