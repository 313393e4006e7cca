// Counts what each provider was used for, and by whom, holds it against quotas and limits, and keeps the counts on disk.
//
// The way of a count: `Meter::reserve` (meter.h) before the attempt, `Reservation::settle` when the exchange ended (or its
// destructor gives the reservation back), which appends one record to the journal. Snapshots under `data/usage/`
// are replaced atomically from time to time, and the journal is cut behind them.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "usage/counts.h"
#include "usage/history.h"
#include "usage/meter.h"
#include "usage/reports.h"
#include "usage/wallets.h"

namespace aigw::usage {

class Counters {
 public:
  // Reads snapshots and journal from `folder` (created if missing) and takes its lock. What is reported is reported
  // while no lock is held.
  // Errors Io: the folder can't be created, read, written or locked; the message says what to do.
  static Result<std::unique_ptr<Counters>> open(const std::filesystem::path& folder, OnReset on_reset,
                                                OnWarning on_warning, WallTime now);
  ~Counters();  // flushes

  // Brings limits, durability and history in line with a config: counts are kept by name, limits and reset times follow
  // the config. Resets that were missed are made up for, once. Counters whose provider is gone stay on disk.
  void apply(const config::Config& config, WallTime now);

  // What holds for an owner of that name; nothing if nobody says.
  using OwnerTerms = std::function<std::optional<config::Owner>(const std::string& name)>;
  // Brings budgets and limits of all who may call in line: those of the keys, and those of every owner by `terms`, from
  // now on also of owners who come later. The keys' meters, in the same order. Counters of others stay on disk.
  std::vector<std::shared_ptr<Meter>> apply_callers(const std::vector<config::Key>& keys, OwnerTerms terms,
                                                    WallTime now);
  // Of an owner who sends no key: a token names him. By the terms that were applied last.
  std::shared_ptr<Meter> owner(const std::string& name, WallTime now);
  // Of nobody in particular: the gateway's own limits.
  std::shared_ptr<Meter> anybody();

  // The prepaid balances.
  Wallets& wallets();

  // The meter of a provider of the applied config; one object for the same names over all reloads. Never null: for
  // names that the config doesn't have, one without quotas (an exchange may end on a config that is gone).
  std::shared_ptr<Meter> meter(const std::string& model, const std::string& provider);

  bool has(const std::string& model, const std::string& provider) const;
  // The second names of all counters whose first one is `model`.
  std::vector<std::string> names(std::string_view model) const;

  // Sets a counter to zero, durably; its history stays. `model` is kAccounts, kKeys or kOwners (names.h) for one of
  // those. Returns what its first window had counted. Errors: NotFound; Io, it is zero in memory but could not be saved
  // (the disk's state is reported as for all writes).
  Result<Counts> reset(const std::string& model, const std::string& provider, WallTime now);

  // Visits the hourly totals of all provider entries whose hour began in [from, to), the hour under way included.
  // Returns how many lines of the files could not be read. Errors: Io.
  Result<std::int64_t> read_history(WallTime from, WallTime to, const History::Visit& visit) const;

  // To be called about twice a second: makes due resets, zeroes counters whose file somebody deleted, syncs the
  // journal, and every five seconds (at once after a reset or a failed write) writes the files that changed; the history
  // of an hour goes out with the first of them after its end.
  void tick(WallTime now);

  // Everything on disk, with fsync; for the end of the process.
  Status flush(WallTime now);

  // False after a write failed, until one succeeded again.
  bool disk_ok() const;

  // What the counters' files do not include yet; the journal does, if the disk is well.
  struct Lag {
    std::int64_t journal_bytes = 0;  // what a start would read beside the files; most of it is in them already
    Millis age{0};                   // of the oldest count that no file includes; 0: there is none. Some 5 s at most
  };
  Lag lag(SteadyTime now) const;

 private:
  struct Impl;
  explicit Counters(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigw::usage
