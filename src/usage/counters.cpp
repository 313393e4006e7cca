#include "usage/counters.h"

#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "base/cron.h"
#include "usage/counter.h"
#include "usage/folder.h"
#include "usage/folder_lock.h"
#include "usage/journal.h"
#include "usage/ledger.h"
#include "usage/names.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

// Files are for people and for the next start; the journal alone makes counts durable. So they may lag a little
// and spare the disk.
constexpr std::chrono::seconds kSaveEvery{5};

// Some 10,000 exchanges: replayed in a few milliseconds.
constexpr std::int64_t kJournalBytesMax = 1 << 20;

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

  Impl(fs::path folder_path, FolderLock folder_lock, std::shared_ptr<Ledger> ledger_used)
      : folder(std::move(folder_path)), lock(std::move(folder_lock)), ledger(std::move(ledger_used)) {}

  // With `mutex` held for writing.
  Entry& entry(const std::string& model, const std::string& provider, WallTime now);
  std::shared_ptr<Meter> meter(const std::string& model, const std::string& provider, WallTime now);
  std::shared_ptr<Counter> configure(const Key& key, const std::optional<config::RateLimit>& limit, WallTime now,
                                     Resets& resets);

  std::vector<std::shared_ptr<Counter>> counters() const;

  // With `disk_mutex` held.
  Status write_down(WallTime now, bool everything);
  Status save(WallTime now, bool cut);
  Status save_files(WallTime now);
  // Warns if the state of the disk changed. Without locks.
  void judge_disk(const Status& outcome);

  const fs::path folder;
  const FolderLock lock;
  const std::shared_ptr<Ledger> ledger;

  std::atomic<WallTime> latest;  // the last time that we were told, for calls that come without one

  mutable std::shared_mutex mutex;  // guards `entries`; the counters and meters in it look after themselves
  std::map<Key, Entry> entries;

  std::mutex disk_mutex;  // one thread writes files; guards what follows
  WallTime last_save{};
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

  auto ledger = std::make_shared<Ledger>(std::move(*journal), std::move(on_reset), std::move(on_warning));
  auto impl = std::make_unique<Impl>(folder, std::move(*lock), ledger);
  impl->latest = now;
  for (auto& counter : found->counters) impl->entries[{counter->model(), counter->provider()}] = {counter, nullptr};
  for (const std::string& warning : found->warnings) ledger->warn(warning);
  ledger->journal().set_damage(found->journal_damage);
  const Status saved = [&] {
    const std::lock_guard<std::mutex> guard(impl->disk_mutex);
    return impl->save(now, true);
  }();
  impl->judge_disk(saved);
  impl->last_save = {};  // so that the first tick shows the counters of the config
  return std::unique_ptr<Counters>(new Counters(std::move(impl)));
}

Counters::Counters(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Counters::~Counters() {
  const Status flushed = flush(impl_->latest.load());
  static_cast<void>(flushed);  // the disk's failure was reported by flush
  impl_->ledger->close();
}

void Counters::apply(const config::Config& config, WallTime now) {
  impl_->latest = now;
  Resets resets;
  {
    const std::lock_guard<std::shared_mutex> guard(impl_->mutex);
    std::set<Key> named;
    for (const config::Route& route : config.routes) {
      for (const config::Provider& provider : route.providers) {
        std::shared_ptr<Counter> account;
        if (provider.account_rate_limit && !provider.account.empty()) {
          const Key key(kAccounts, provider.account);
          account = impl_->configure(key, provider.account_rate_limit, now, resets);
          named.insert(key);
        }
        const Key key(route.model, provider.name);
        impl_->configure(key, provider.rate_limit, now, resets);
        named.insert(key);
        impl_->meter(route.model, provider.name, now)->set_account(std::move(account));
      }
    }
    for (auto& [key, entry] : impl_->entries) {
      if (named.count(key) == 0) entry.counter->retire();
    }
  }
  impl_->ledger->report(resets);
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

void Counters::tick(WallTime now) {
  impl_->latest = now;
  Resets resets;
  const std::vector<std::shared_ptr<Counter>> counters = impl_->counters();
  for (const auto& counter : counters) counter->make_due_reset(now, resets);
  const Status written = [&] {
    const std::lock_guard<std::mutex> guard(impl_->disk_mutex);
    clear_deleted(impl_->folder, counters, now, resets);
    return impl_->write_down(now, !resets.empty());
  }();
  impl_->judge_disk(written);
  impl_->ledger->report(resets);
}

Status Counters::flush(WallTime now) {
  const Status saved = [&] {
    const std::lock_guard<std::mutex> guard(impl_->disk_mutex);
    return impl_->save(now, true);
  }();
  impl_->judge_disk(saved);
  return saved;
}

bool Counters::disk_ok() const { return impl_->ledger->disk_ok(); }

Counters::Impl::Entry& Counters::Impl::entry(const std::string& model, const std::string& provider, WallTime now) {
  Entry& found = entries[{model, provider}];
  if (found.counter == nullptr) found.counter = std::make_shared<Counter>(model, provider, now);
  return found;
}

std::shared_ptr<Meter> Counters::Impl::meter(const std::string& model, const std::string& provider, WallTime now) {
  Entry& found = entry(model, provider, now);
  if (found.meter == nullptr) found.meter.reset(new Meter(found.counter, ledger));
  return found.meter;
}

std::shared_ptr<Counter> Counters::Impl::configure(const Key& key, const std::optional<config::RateLimit>& limit,
                                                   WallTime now, Resets& resets) {
  std::shared_ptr<Counter> counter = entry(key.first, key.second, now).counter;
  std::optional<Cron> cron;
  if (limit) {
    // The loader has refused a config with another; without resets the quota at least holds.
    if (const Result<Cron> parsed = Cron::parse(limit->period_cron)) cron = *parsed;
  }
  counter->configure(limit, cron, now, resets);
  return counter;
}

std::vector<std::shared_ptr<Counter>> Counters::Impl::counters() const {
  const std::shared_lock<std::shared_mutex> guard(mutex);
  std::vector<std::shared_ptr<Counter>> result;
  result.reserve(entries.size());
  for (const auto& [key, entry] : entries) result.push_back(entry.counter);
  return result;
}

Status Counters::Impl::write_down(WallTime now, bool everything) {
  Journal& journal = ledger->journal();
  const Result<bool> gone = journal.reopen_if_gone();
  const Status synced = journal.sync();
  const bool lost = !gone || *gone || !synced || !ledger->disk_ok();
  const bool urgent = ledger->take_urgent();
  const bool due = now - last_save >= kSaveEvery || now < last_save;  // the latter: the clock stepped back
  const bool cut = lost || journal.bytes() > kJournalBytesMax;
  if (everything || lost || urgent || due || cut) {
    const Status saved = save(now, cut);
    if (!saved) return saved;
  }
  if (!gone) return gone.error();
  return synced;
}

Status Counters::Impl::save(WallTime now, bool cut) {
  Journal& journal = ledger->journal();
  if (cut && journal.has_old()) {  // a cut that was not finished
    const Status saved = save_files(now);
    if (!saved) return saved;
  }
  if (cut && journal.bytes() > 0) {
    const Status rotated = journal.rotate();
    if (!rotated) return rotated;
  }
  return save_files(now);
}

// The order matters: what is in the old journal was counted before it became the old one, so the files include it,
// and it goes only when all of them are on disk.
Status Counters::Impl::save_files(WallTime now) {
  Journal& journal = ledger->journal();
  const Result<int> saved = save_changes(folder, counters());
  if (!saved) return saved.error();
  if (*saved > 0) last_save = now;
  if (journal.has_old()) {
    const Status dropped = journal.drop_old();
    if (!dropped) return dropped;
  }
  // A disk that failed is well again when the journal takes a byte; a line end between records means nothing.
  return ledger->disk_ok() ? Status(Done{}) : journal.append("\n");
}

void Counters::Impl::judge_disk(const Status& outcome) {
  if (outcome) {
    ledger->disk_recovered();
  } else {
    ledger->disk_failed(outcome.error());
  }
}

}  // namespace aigw::usage
