// One counter: what was used in each window of its quota and over its life, what is in flight, and what each hour's
// part of it was.
//
// Reservations outlive a reset: they will settle in the new period. The resets that a call makes are for its caller to
// report, when no lock is held.
//
// Threads: all may use it; one mutex per counter, held for a few hundred nanoseconds and never across I/O.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "usage/counts.h"
#include "usage/hours.h"
#include "usage/record.h"
#include "usage/reports.h"
#include "usage/snapshot.h"
#include "usage/window.h"

namespace aigw::usage {

class Counter {
 public:
  // A new one, or as its file holds it. Until configure() it has neither limits nor resets.
  Counter(std::string model, std::string provider, WallTime created);
  explicit Counter(Snapshot snapshot);

  const std::string& model() const { return model_; }
  const std::string& provider() const { return provider_; }
  const std::string& tag() const { return tag_; }
  const std::string& file() const { return file_; }  // relative to the folder of all counters
  // Of a provider's entry; else it counts what entries count as well, for an account, a key or an owner.
  bool is_entry() const { return is_entry_; }

  // Takes over a quota, or none. Resets that are due by the old schedule are made first. A window whose period is the
  // same goes on; one whose period was changed keeps its counts and moves its next reset; one that is new begins at 0,
  // since what was used earlier in its period is not known.
  void configure(const config::Quota& quota, WallTime now, Resets& resets);
  // Its provider is gone from the config: no limits, no resets; those that are due when it comes back are made up then.
  void retire();

  void make_due_resets(WallTime now, Resets& resets);
  // Everything to zero by hand, the life's totals too. What is in flight stays, and so does the history.
  void clear(WallTime now, Resets& resets);

  CounterState state(WallTime now, Resets& resets);
  void count_error(std::string_view key, WallTime now, Resets& resets);

  // The last journal record that it includes.
  std::uint64_t sequence() const;
  // Counts a record of the journal that it does not include yet; `mark` is the one of this counter.
  void replay(const Mark& mark, const Used& used, WallTime time);
  // A record of a file that was deleted: neither it nor what was settled before it counts, but for the history.
  void skip(const Mark& mark, const Used& used, WallTime time);

  // What has to be saved, if anything changed since the last call; mark_unsaved() if saving it failed.
  std::optional<Snapshot> take_changes();
  void mark_unsaved();
  // Whether a file of it exists, as far as we know.
  void set_saved(bool saved);
  bool saved() const;

  // For the history: the totals of hours that are over, those of all, and that some were written.
  std::vector<HourTotal> finished_hours(WallTime now) const;
  std::vector<HourTotal> hours() const;
  void set_written(const std::vector<HourTotal>& hours, WallTime now);

 private:
  friend class Quotas;

  // All of these: with mutex_ held.
  void roll(WallTime now, Resets& resets);
  // Gives each period its window, in their order: the one that follows it already, else one that nobody claims, whose
  // period was changed; else a new one. What they follow is for the caller to set.
  void arrange(const std::vector<std::string>& periods, WallTime now);
  bool full() const;
  void reserve(const Estimate& estimate, WallTime now);
  void give_back(const Estimate& estimate);
  void let_go(const Estimate& reserved);
  Mark settle(const Estimate& reserved, const Used& used, WallTime now);  // the mark borrows the tag
  // When there may be room again in the windows that are full, WallTime::max() for never; nothing if there is room in
  // all.
  std::optional<WallTime> full_until(WallTime now) const;
  // As this counter counts it: those who call are charged by their owner's rate.
  Used seen_from_here(Used used) const;
  CounterState visible(WallTime now) const;

  const std::string model_;
  const std::string provider_;
  const std::string tag_;
  const std::string file_;
  const bool is_entry_;
  const bool is_caller_;         // of a key or an owner

  mutable std::mutex mutex_;     // guards all below
  std::vector<Window> windows_;  // at least one
  Counts total_;
  Hours hours_;
  Reserved reserved_;
  bool configured_ = false;      // else resets wait for configure()
  std::uint64_t sequence_ = 0;
  bool changed_ = true;
  bool saved_ = false;
};

}  // namespace aigw::usage
