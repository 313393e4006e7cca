// How an exchange is held against the quotas of a provider entry: reserved before the attempt, settled when it ended.
// Each step counts under the counters' own locks, then writes to the journal and reports without any.
//
// Threads: a Meter may be used from any thread; a Reservation belongs to one exchange.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "usage/counts.h"
#include "usage/forecast.h"

namespace aigw::usage {

class Counter;
class Recorder;
class Meter;
class Quotas;

// A request and an estimate of tokens held against a provider's quotas. Gives itself back when it is destroyed
// unsettled. Movable, not copyable.
class Reservation {
 public:
  Reservation(Reservation&&) noexcept;
  Reservation& operator=(Reservation&&) noexcept;
  ~Reservation();

  // The exchange was answered: counts 1 request and its tokens, in the period of `now`, durably: when this returns, the
  // record is with the operating system, or with `"durability": "strict"` on the disk. Once; a further call does nothing.
  void settle(const Used& used, WallTime now);

 private:
  friend class Meter;
  struct Hold;
  explicit Reservation(std::unique_ptr<Hold> hold);
  std::unique_ptr<Hold> hold_;
};

// The quotas of one provider entry: its own and that of its account. Shared by all exchanges; lives on over reloads.
class Meter {
 public:
  // When a new exchange may have room again; nothing if it has now. The latest next reset of the quotas that are used
  // up; a second from now where the rest is only held by requests in flight.
  std::optional<WallTime> full_until(WallTime now) const;

  // Holds one request and `tokens` (>= 0), or nothing when a quota has no room. Exact at any concurrency: a limit of
  // 100 requests gives 100 reservations that settle, never 101. For tokens: refused once used + reserved has reached
  // the limit, so that the last one may overshoot by its own size.
  std::optional<Reservation> reserve(std::int64_t tokens, WallTime now);

  // An attempt at this provider failed (counted in `errors`; not journalled). `key`: the client's, for the history.
  void count_error(std::string_view key, WallTime now);

  CounterState state(WallTime now) const;                         // the entry's own counter
  std::optional<CounterState> account_state(WallTime now) const;  // its account's, if that has a quota
  Forecast forecast(WallTime now) const;                          // of both

 private:
  friend class Counters;
  Meter(std::shared_ptr<Counter> own, std::shared_ptr<Recorder> recorder);
  void set_account(std::shared_ptr<Counter> account);
  std::shared_ptr<Counter> account() const;  // may be null
  CounterState state_of(Counter& counter, WallTime now) const;
  Quotas quotas() const;

  const std::shared_ptr<Counter> own_;
  const std::shared_ptr<Recorder> recorder_;
  Guarded<std::shared_ptr<Counter>> account_;  // null without a quota; follows the config
};

}  // namespace aigw::usage
