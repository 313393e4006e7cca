// One window of a counter: the counts of its present period, its limits and its resets.
//
// A period ends at `next_reset`, which is fixed when the period begins and is made due by whatever looks at the window
// next (a reservation, a settlement, the tick), so a reset is exact without waiting for anybody. Because it is a point
// in time and not a question to the cron, a clock that steps back can neither repeat a reset nor undo one.
//
// A rolling window begins with the first reservation in it, and after its reset waits for the next one.
//
// A plain value of its counter, which guards it. `since` is always the counter's last journal record.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/period.h"
#include "config/config.h"
#include "usage/counts.h"
#include "usage/record.h"

namespace aigw::usage {

// What exchanges in flight hold of a counter.
struct Reserved {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
  NanoDollars cost = 0;
};

class Window {
 public:
  // A new one, under way since `created` unless it is a rolling one.
  Window(Period period, WallTime created, std::uint64_t since);
  // As a file holds it. A period that can't be read never ends, until follow(). A rolling one that nothing was counted
  // in waits: what had begun it is gone.
  explicit Window(const WindowState& state);

  const WindowState& state() const { return state_; }
  WindowMark mark() const;

  void limit_to(const config::QuotaWindow* limit);  // null: no limits
  // Follows `period` from now on: the counts stay, the next reset moves. Only what was used while there was no quota
  // begins at 0, unless all of it lies in the present period. A rolling period that would be over begins at `now`.
  // Precondition: !due(now). True if that changed what a file holds.
  bool follow(const Period& period, WallTime now, std::uint64_t since);
  // Takes over what a journal record tells of its period; if that is a later one, its counts begin at 0.
  void catch_up(const WindowMark& mark);

  bool due(WallTime now) const { return state_.next_reset && now >= *state_.next_reset; }
  // Begins the period that `now` lies in, or, if the clock has stepped back, the one after the last reset.
  void start(WallTime now, std::uint64_t since);
  // Begins the present period anew, by hand.
  void clear(WallTime now, std::uint64_t since);

  void begin_if_waiting(WallTime now);  // for a reservation or a settlement
  void wait_if_unused();                // for the last reservation's return: it has not begun after all
  void add(const Used& used) { state_.used.add(used); }
  void add_error() { ++state_.used.errors; }

  bool used_up() const;                         // by what was used
  bool full(const Reserved& reserved) const;  // … and what is reserved

 private:
  bool unused() const;
  void end_after(WallTime now);  // sets next_reset

  WindowState state_;
  Period period_;
};

}  // namespace aigw::usage
