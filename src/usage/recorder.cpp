#include "usage/recorder.h"

namespace aigw::usage {

Recorder::Recorder(std::unique_ptr<Journal> journal, OnReset on_reset, OnWarning on_warning)
    : journal_(std::move(journal)), on_reset_(std::move(on_reset)), on_warning_(std::move(on_warning)) {}

void Recorder::record(const Record& record) {
  // Read first: a line of memory that all exchanges write to would be shared by all cores.
  if (unsaved_since_.load(std::memory_order_relaxed) == 0) note_unsaved();
  Status written = journal_->append(format_record(record));
  if (written && strict_.load(std::memory_order_relaxed)) written = journal_->sync();
  if (!written) disk_failed(written.error());
}

std::optional<SteadyTime> Recorder::unsaved_since() const {
  const SteadyTime::rep since = unsaved_since_.load(std::memory_order_relaxed);
  return since == 0 ? std::nullopt : std::optional(SteadyTime(SteadyTime::duration(since)));
}

void Recorder::save_failed(SteadyTime::rep unsaved_since) {
  if (unsaved_since != 0) unsaved_since_.store(unsaved_since);
}

void Recorder::note_unsaved() {
  SteadyTime::rep none = 0;
  unsaved_since_.compare_exchange_strong(none, steady_now().time_since_epoch().count());
}

void Recorder::report(const Resets& resets) {
  if (resets.empty()) return;
  set_urgent();
  if (!on_reset_ || closed_.load()) return;
  for (const Reset& reset : resets) on_reset_(reset);
}

void Recorder::warn(const std::string& text) {
  if (on_warning_ && !closed_.load()) on_warning_(text);
}

void Recorder::disk_failed(const Error& error) {
  set_urgent();
  if (!disk_ok_.exchange(false)) return;
  warn("usage data can't be saved and is kept in memory until it can: " + error.detail);
}

void Recorder::disk_recovered() {
  if (!disk_ok_.exchange(true)) warn("usage data is saved again");
}

void Recorder::close() {
  closed_.store(true);
  journal_->close();
}

}  // namespace aigw::usage
