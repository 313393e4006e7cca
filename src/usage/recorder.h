// What every exchange reaches when it has been counted: the journal, whom to tell about resets and a failing disk,
// and whether the disk is well.
//
// Threads: any. The callbacks run on the calling thread, while no lock of ours is held; they must not throw.
// Lifetime: shared by Counters and its meters, so that a reservation which outlives Counters hits nothing freed;
// after close() it records and reports nothing.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "config/config.h"
#include "usage/journal.h"
#include "usage/record.h"
#include "usage/reports.h"

namespace aigw::usage {

class Recorder {
 public:
  Recorder(std::unique_ptr<Journal> journal, OnReset on_reset, OnWarning on_warning);

  // Appends to the journal, and with Durability::Strict waits for the disk. On failure the counters hold the count, and
  // the next save of their files makes up for the missing record.
  void record(const Record& record);
  void report(const Resets& resets);
  void warn(const std::string& text);

  // A disk operation failed, or all of them succeeded; warns when that is a change.
  void disk_failed(const Error& error);
  void disk_recovered();
  bool disk_ok() const { return disk_ok_.load(std::memory_order_relaxed); }

  // True once after something that should not wait for the next regular save: a reset, or a record that was lost.
  bool take_urgent() { return urgent_.exchange(false, std::memory_order_relaxed); }
  void set_urgent() { urgent_.store(true, std::memory_order_relaxed); }

  // Since when there has been a record that no file of a counter includes yet; nothing if all do.
  std::optional<SteadyTime> unsaved_since() const;
  // For who saves: what is recorded from now on is not part of it. Gives back what unsaved_since() was, for
  // save_failed().
  SteadyTime::rep begin_save() { return unsaved_since_.exchange(0); }
  void save_failed(SteadyTime::rep unsaved_since);

  void set_durability(config::Durability durability) { strict_.store(durability == config::Durability::Strict); }

  Journal& journal() { return *journal_; }
  void close();

 private:
  void note_unsaved();

  const std::unique_ptr<Journal> journal_;
  const OnReset on_reset_;
  const OnWarning on_warning_;
  std::atomic<bool> disk_ok_{true};
  std::atomic<bool> urgent_{false};
  std::atomic<bool> strict_{false};
  std::atomic<SteadyTime::rep> unsaved_since_{0};  // 0: not
  std::atomic<bool> closed_{false};
};

}  // namespace aigw::usage
