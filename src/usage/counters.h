// Counts what each provider was used for, holds it against its quotas, and keeps the counts on disk.
//
// The way of a count: `Meter::reserve` before the attempt, `Reservation::settle` when the exchange ended (or its
// destructor gives the reservation back), which appends one record to the journal. Snapshots under `data/usage/`
// are replaced atomically from time to time, and the journal is cut behind them.
//
// Threads: Counters and Meter may be used from any thread; a Reservation belongs to one exchange.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "config/config.h"
#include "usage/counts.h"
#include "usage/forecast.h"
#include "usage/history.h"

namespace aigw::usage {

class Counter;
class Ledger;
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
  Meter(std::shared_ptr<Counter> own, std::shared_ptr<Ledger> ledger);
  void set_account(std::shared_ptr<Counter> account);
  std::shared_ptr<Counter> account() const;  // may be null
  CounterState state_of(Counter& counter, WallTime now) const;
  Quotas quotas() const;

  const std::shared_ptr<Counter> own_;
  const std::shared_ptr<Ledger> ledger_;
  Guarded<std::shared_ptr<Counter>> account_;  // null without a quota; follows the config
};

class Counters {
 public:
  // Called on each reset of a window, outside all locks, with what the log line says.
  struct Reset {
    std::string model;     // `_providers` for an account
    std::string provider;
    std::string cause;     // the window's period, or `by hand` for the whole counter
    Counts before;         // of the window; by hand: of the first one
  };
  using OnReset = std::function<void(const Reset&)>;
  using OnWarning = std::function<void(const std::string&)>;  // broken files, disk full: a sentence for the log

  // Reads snapshots and journal from `folder` (created if missing) and takes its lock.
  // Errors Io: the folder can't be created, read, written or locked; the message says what to do.
  static Result<std::unique_ptr<Counters>> open(const std::filesystem::path& folder, OnReset on_reset,
                                                OnWarning on_warning, WallTime now);
  ~Counters();  // flushes

  // Brings limits, durability and history in line with a config: counts are kept by name, limits and reset times follow
  // the config. Resets that were missed are made up for, once. Counters whose provider is gone stay on disk.
  void apply(const config::Config& config, WallTime now);

  // The meter of a provider of the applied config; one object for the same names over all reloads. Never null: for
  // names that the config doesn't have, one without quotas (an exchange may end on a config that is gone).
  std::shared_ptr<Meter> meter(const std::string& model, const std::string& provider);

  // Sets a counter to zero, durably; its history stays. `model` is kAccounts (names.h) for an account. Returns what its
  // first window had counted. Errors: NotFound; Io, it is zero in memory but could not be saved (the disk's state is
  // reported as for all writes).
  Result<Counts> reset(const std::string& model, const std::string& provider, WallTime now);

  // Visits the hourly totals of all provider entries whose hour began in [from, to), the hour under way included.
  // Returns how many lines of the files could not be read. Errors: Io.
  Result<std::int64_t> read_history(WallTime from, WallTime to, const History::Visit& visit) const;

  // To be called about once a second: makes due resets, zeroes counters whose file somebody deleted, syncs the
  // journal, and every five seconds (at once after a reset or a failed write) writes the files that changed; the history
  // of an hour goes out with the first of them after its end.
  void tick(WallTime now);

  // Everything on disk, with fsync; for the end of the process.
  Status flush(WallTime now);

  // False after a write failed, until one succeeded again.
  bool disk_ok() const;

 private:
  struct Impl;
  explicit Counters(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigw::usage
