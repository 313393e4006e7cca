#include "usage/recorder.h"

namespace aigw::usage {

Recorder::Recorder(std::unique_ptr<Journal> journal, OnReset on_reset, OnWarning on_warning)
    : journal_(std::move(journal)), on_reset_(std::move(on_reset)), on_warning_(std::move(on_warning)) {}

void Recorder::record(const Record& record) {
  Status written = journal_->append(format_record(record));
  if (written && strict_.load(std::memory_order_relaxed)) written = journal_->sync();
  if (!written) disk_failed(written.error());
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
