#include "usage/store.h"

#include <utility>

namespace aigw::usage {
namespace {

// Files are for people and for the next start; the journal alone makes counts durable. So they may lag a little
// and spare the disk.
constexpr std::chrono::seconds kSaveEvery{5};

// Some 10,000 exchanges: replayed in a few milliseconds.
constexpr std::int64_t kJournalBytesMax = 1 << 20;

constexpr std::chrono::hours kDropInterval{1};
constexpr std::chrono::hours kDay{24};

Status as_status(const Result<Saved>& saved) { return saved ? Status(Done{}) : Status(saved.error()); }

}  // namespace

Store::Store(std::filesystem::path folder, FolderLock lock, std::shared_ptr<Recorder> recorder,
             std::shared_ptr<Wallets> wallets, List counters)
    : folder_(std::move(folder)),
      recorder_(std::move(recorder)),
      wallets_(std::move(wallets)),
      counters_(std::move(counters)),
      history_(folder_ / "history"),
      lock_(std::move(lock)) {}

void Store::set_history_days(int days) {
  const std::lock_guard<std::mutex> guard(mutex_);
  history_days_ = days;
}

void Store::tick(WallTime now, Resets& resets) {
  Status written = Done{};
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    clear_deleted(folder_, counters_(), now, resets);
    written = write_down(now, !resets.empty());
  }
  static_cast<void>(judged(std::move(written)));
}

Status Store::flush(WallTime now) {
  Status saved = Done{};
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    saved = lock_.keep();
    if (saved) saved = save(now, true);
    if (saved) saved = wallets_->write(now, Wallets::Which::All);
    // Should somebody delete the counters' files while nobody watches, the history of this hour is not lost with them.
    if (saved && hours_changed_) saved = write_history(now, Which::All);
  }
  return judged(std::move(saved));
}

Status Store::clear(const std::shared_ptr<Counter>& counter, WallTime now, Resets& resets) {
  Status saved = Done{};
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    counter->clear(now, resets);
    saved = lock_.keep();
    if (saved) saved = as_status(save_changed({counter}));
  }
  if (!saved) recorder_->disk_failed(saved.error());  // that one file could be written says nothing about the others
  return saved;
}

Status Store::write_down(WallTime now, bool everything) {
  if (Status mine = lock_.keep(); !mine) return mine;  // what is there is another gateway's now
  Journal& journal = recorder_->journal();
  const Result<bool> gone = journal.reopen_if_gone();
  const Status synced = journal.sync();
  const bool lost = !gone || *gone || !synced || !recorder_->disk_ok();
  const bool urgent = recorder_->take_urgent();
  const bool due = now - last_save_ >= kSaveEvery || now < last_save_;  // the latter: the clock stepped back
  const bool cut = lost || cut_soon_ || journal.bytes() > kJournalBytesMax;
  if (everything || lost || urgent || due || cut) {
    const Status saved = save(now, cut);
    if (!saved) return saved;
  }
  // What the journal lost is in no file but this.
  const auto charges = lost ? Wallets::Which::All : Wallets::Which::FinishedMinutes;
  if (const Status booked = wallets_->write(now, charges); !booked) return booked;
  if (!gone) return gone.error();
  return synced;
}

Status Store::save(WallTime now, bool cut) {
  Journal& journal = recorder_->journal();
  if (cut && journal.has_old()) {  // a cut that was not finished
    const Status saved = save_files(now);
    if (!saved) return saved;
  }
  if (cut && journal.bytes() > 0) {
    const Status rotated = journal.rotate();
    if (!rotated) return rotated;
  }
  if (cut) cut_soon_ = false;
  return save_files(now);
}

// The order matters: what is in the old journal was counted before it became the old one, so the files include it,
// and it goes only when all of them are on disk.
Status Store::save_files(WallTime now) {
  Journal& journal = recorder_->journal();
  const SteadyTime::rep unsaved_since = recorder_->begin_save();
  const Result<Saved> saved = save_changed(counters_());
  if (!saved) {
    recorder_->save_failed(unsaved_since);
    return saved.error();
  }
  if (saved->files > 0) last_save_ = now;
  journal.forget_failed_sync();
  if (journal.has_old()) {
    if (const Status booked = wallets_->write(now, Wallets::Which::All); !booked) return booked;
    const Status dropped = journal.drop_old();
    if (!dropped) return dropped;
  }
  const Status history_written = write_history(now, Which::Finished);
  if (!history_written) return history_written;
  // A disk that failed is well again when the journal takes a byte; a line end between records means nothing.
  return recorder_->disk_ok() ? Status(Done{}) : journal.append("\n");
}

Result<Saved> Store::save_changed(const std::vector<std::shared_ptr<Counter>>& counters) {
  Result<Saved> saved = save_changes(folder_, counters);
  if (saved && saved->first_files > 0) cut_soon_ = true;
  if (saved && saved->files > 0) hours_changed_ = true;
  return saved;
}

// After the files: they hold the same totals, so whenever the process is killed, nothing is missing, and what is written
// twice is the same.
Status Store::write_history(WallTime now, Which which) {
  if (history_days_ < 0) return Done{};
  std::vector<HistoryRow> rows;
  std::vector<std::pair<std::shared_ptr<Counter>, std::vector<HourTotal>>> finished;
  for (const auto& counter : counters_()) {
    std::vector<HourTotal> totals = counter->finished_hours(now);
    if (counter->is_entry() && history_days_ > 0) {
      for (const HourTotal& total : which == Which::All ? counter->finished_hours(WallTime::max()) : totals) {
        rows.push_back({counter->model(), counter->provider(), total});
      }
    }
    if (!totals.empty()) finished.emplace_back(counter, std::move(totals));
  }
  const Status appended = history_.append(rows);
  if (!appended) return appended;
  if (which == Which::All) hours_changed_ = false;
  for (const auto& [counter, totals] : finished) counter->set_written(totals, now);
  // The journal should not hold for long what the history has: a counter that is rebuilt from it would not know.
  if (!finished.empty()) cut_soon_ = true;
  return drop_old_history(now);
}

Status Store::drop_old_history(WallTime now) {
  if (now >= history_dropped_ && now - history_dropped_ < kDropInterval) return Done{};
  const Status dropped = history_.drop_before(now - history_days_ * kDay);
  if (dropped) history_dropped_ = now;
  return dropped;
}

Status Store::judged(Status outcome) {
  if (outcome) {
    recorder_->disk_recovered();
  } else {
    recorder_->disk_failed(outcome.error());
  }
  return outcome;
}

}  // namespace aigw::usage
