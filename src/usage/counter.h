// One counter: what was used in this period and over its life, what is in flight, its limits, and its resets.
//
// The counts belong to a period. A period ends at `next_reset`, which is fixed when the period begins and is made
// due by whatever looks at the counter next (a reservation, a settlement, the tick), so a reset is exact without
// waiting for anybody. Because it is a point in time and not a question to the cron, a clock that steps back can
// neither repeat a reset nor undo one. Reservations outlive a reset: they will settle in the new period.
//
// Threads: all may use it; one mutex per counter, held for a few dozen nanoseconds and never across I/O.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/cron.h"
#include "config/config.h"
#include "usage/counters.h"
#include "usage/record.h"
#include "usage/snapshot.h"

namespace aigw::usage {

// The resets that a call made, to be reported by the caller when no lock is held.
using Resets = std::vector<Counters::Reset>;

class Counter {
 public:
  // A new one, or as its file holds it. Without configure() it has neither limits nor resets.
  Counter(std::string model, std::string provider, WallTime created);
  explicit Counter(const Snapshot& snapshot);

  const std::string& model() const { return model_; }
  const std::string& provider() const { return provider_; }
  const std::string& tag() const { return tag_; }
  const std::string& file() const { return file_; }  // relative to the folder of all counters

  // Takes over a quota, or none. A reset that is due by the old schedule is made first; then the counts stay and
  // the next reset follows `cron` (nothing: the quota is never reset).
  void configure(const std::optional<config::RateLimit>& limit, const std::optional<Cron>& cron, WallTime now,
                 Resets& resets);
  // Its provider is gone from the config: no limits, no resets; one that is due when it comes back is made up then.
  void retire();

  void make_due_reset(WallTime now, Resets& resets);
  // Everything to zero, the life's totals too, because somebody deleted its file. What is in flight stays.
  void clear(WallTime now, Resets& resets);

  CounterState state(WallTime now, Resets& resets);
  void count_error();

  // The last journal record that it includes.
  std::uint64_t sequence() const;
  // Counts a record of the journal that it does not include yet; `mark` is the one of this counter.
  void replay(const Mark& mark, const Used& used, WallTime time);
  // A record that shall not count again: only its sequence is used up.
  void skip(const Mark& mark);

  // What has to be saved, if anything changed since the last call; mark_unsaved() if saving it failed.
  std::optional<Snapshot> take_changes();
  void mark_unsaved();
  // Whether a file of it exists, as far as we know.
  void set_saved(bool saved);
  bool saved() const;

 private:
  friend class Quotas;

  // All of these: with mutex_ held.
  void roll(WallTime now, Resets& resets);
  void start_period(WallTime from);
  void zero_period();
  bool used_up() const;  // a limit is reached by what was used
  bool full() const;     // … or by that and what is reserved
  void add(const Used& used);
  CounterState visible() const;

  const std::string model_;
  const std::string provider_;
  const std::string tag_;
  const std::string file_;

  mutable std::mutex mutex_;  // guards all below
  CounterState counts_;       // next_reset is kept while retired, too; limits are not
  std::string period_cron_;
  std::optional<Cron> cron_;  // of period_cron_
  bool configured_ = false;   // else resets wait for configure()
  std::uint64_t period_ = 0;
  std::uint64_t sequence_ = 0;
  bool changed_ = true;
  bool saved_ = false;
  // The latest record it was rebuilt from, when there was no file to say when its next reset is.
  std::optional<WallTime> rebuilt_until_;
};

}  // namespace aigw::usage
