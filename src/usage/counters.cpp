#include "usage/counters.h"

#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "usage/counter.h"
#include "usage/folder.h"
#include "usage/folder_lock.h"
#include "usage/journal.h"
#include "usage/recorder.h"
#include "usage/names.h"
#include "usage/store.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

using Key = std::pair<std::string, std::string>;  // model (or kAccounts), provider (or account)

Error unusable(const fs::path& folder, const Error& error) {
  return Error{ErrorKind::Io, error.detail + "; the gateway keeps its usage counters in " + folder.string() +
                                  ": let its user write there (chown -R " + std::to_string(::geteuid()) + " " +
                                  folder.string() + ") or choose another data folder with --data"};
}

}  // namespace

struct Counters::Impl {
  struct Entry {
    std::shared_ptr<Counter> counter;
    std::shared_ptr<Meter> meter;  // made when first asked for
  };

  Impl(const fs::path& folder, FolderLock lock, std::shared_ptr<Recorder> recorder_used)
      : recorder(std::move(recorder_used)), store(folder, std::move(lock), recorder, [this] { return counters(); }) {}

  // With `mutex` held for writing.
  Entry& entry(const std::string& model, const std::string& provider, WallTime now);
  std::shared_ptr<Meter> meter(const std::string& model, const std::string& provider, WallTime now);
  std::shared_ptr<Counter> configure(const Key& key, const config::Quota& limits, WallTime now, Resets& resets);

  std::vector<std::shared_ptr<Counter>> counters() const;
  std::shared_ptr<Counter> find(const Key& key) const;  // null if there is none

  const std::shared_ptr<Recorder> recorder;
  std::atomic<WallTime> latest;  // the last time that we were told, for calls that come without one

  mutable std::shared_mutex mutex;  // guards `entries`; the counters and meters in it look after themselves
  std::map<Key, Entry> entries;

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
  Result<Found> found = read_folder(folder);
  if (!found) return unusable(folder, found.error());
  Result<std::unique_ptr<Journal>> journal = Journal::open(folder / "journal");
  if (!journal) return unusable(folder, journal.error());

  auto recorder = std::make_shared<Recorder>(std::move(*journal), std::move(on_reset), std::move(on_warning));
  auto impl = std::make_unique<Impl>(folder, std::move(*lock), recorder);
  impl->latest = now;
  for (auto& counter : found->counters) impl->entries[{counter->model(), counter->provider()}] = {counter, nullptr};
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
  Resets resets;
  {
    const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
    std::set<Key> named;
    for (const config::Route& route : config.routes) {
      for (const config::Provider& provider : route.providers) {
        std::shared_ptr<Counter> account;
        if (!provider.account_quota.empty() && !provider.account.empty()) {
          const Key key(kAccounts, provider.account);
          account = impl_->configure(key, provider.account_quota, now, resets);
          named.insert(key);
        }
        const Key key(route.model, provider.name);
        impl_->configure(key, provider.quota, now, resets);
        named.insert(key);
        impl_->meter(route.model, provider.name, now)->set_account(std::move(account));
      }
    }
    for (auto& [key, entry] : impl_->entries) {
      if (named.count(key) == 0) entry.counter->retire();
    }
  }
  impl_->recorder->report(resets);
  impl_->recorder->set_urgent();  // the files show the new quotas soon
}

std::shared_ptr<Meter> Counters::meter(const std::string& model, const std::string& provider) {
  {
    const std::shared_lock<std::shared_mutex> guard(impl_->mutex);
    const auto found = impl_->entries.find({model, provider});
    if (found != impl_->entries.end() && found->second.meter) return found->second.meter;
  }
  const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
  return impl_->meter(model, provider, impl_->latest.load());
}

bool Counters::has(const std::string& model, const std::string& provider) const {
  return impl_->find({model, provider}) != nullptr;
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
    if (counter->is_account()) continue;
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

Counters::Impl::Entry& Counters::Impl::entry(const std::string& model, const std::string& provider, WallTime now) {
  Entry& found = entries[{model, provider}];
  if (found.counter == nullptr) found.counter = std::make_shared<Counter>(model, provider, now);
  return found;
}

std::shared_ptr<Meter> Counters::Impl::meter(const std::string& model, const std::string& provider, WallTime now) {
  Entry& found = entry(model, provider, now);
  if (found.meter == nullptr) found.meter.reset(new Meter(found.counter, recorder));
  return found.meter;
}

std::shared_ptr<Counter> Counters::Impl::configure(const Key& key, const config::Quota& limits, WallTime now,
                                                   Resets& resets) {
  std::shared_ptr<Counter> counter = entry(key.first, key.second, now).counter;
  counter->configure(limits, now, resets);
  return counter;
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
