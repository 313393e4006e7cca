// Gets the counters to the disk: what is written when, in which order, and what is cut behind it.
//
//   every tick       the journal is synced
//   every minute     what owners were charged in it goes to the ledger of their balances; at once after a failed write
//   every 5 seconds  the files of counters that changed are replaced; at once after a reset or a failed write
//   then             the journal is cut if it has grown, and the totals of hours that are over go to the history
//
// Each step rests on the one before: a counter counts before its record is written, the old journal goes when the files
// and the ledger include it, and an hour goes to the history when the files hold it.
//
// Threads: any; one at a time gets to the disk. The recorder's callbacks run while no lock is held.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "usage/counter.h"
#include "usage/folder.h"
#include "usage/folder_lock.h"
#include "usage/history.h"
#include "usage/recorder.h"
#include "usage/wallets.h"

namespace aigw::usage {

class Store {
 public:
  // All counters there are at the moment of the call.
  using List = std::function<std::vector<std::shared_ptr<Counter>>()>;

  Store(std::filesystem::path folder, FolderLock lock, std::shared_ptr<Recorder> recorder,
        std::shared_ptr<Wallets> wallets, List counters);

  // Until it is set, nothing is written to the history and nothing dropped from it. 0: none is kept.
  void set_history_days(int days);
  const History& history() const { return history_; }

  // Twice a second. Zeroes counters whose file somebody deleted, then writes what is due; all that changed if there were
  // resets. Adds to `resets`.
  void tick(WallTime now, Resets& resets);

  // Everything, durably, with an empty journal afterwards.
  Status flush(WallTime now);

  // Sets one counter to zero, in memory at once, and durably.
  Status clear(const std::shared_ptr<Counter>& counter, WallTime now, Resets& resets);

 private:
  // With mutex_ held.
  Status write_down(WallTime now, bool everything);
  Status save(WallTime now, bool cut);
  Status save_files(WallTime now);
  Result<Saved> save_changed(const std::vector<std::shared_ptr<Counter>>& counters);
  enum class Which { Finished, All };  // hours: those that are over; the one under way, too, which stays unwritten
  Status write_history(WallTime now, Which which);
  Status drop_old_history(WallTime now);
  // Warns if the state of the disk changed. Without locks.
  Status judged(Status outcome);

  const std::filesystem::path folder_;
  const std::shared_ptr<Recorder> recorder_;
  const std::shared_ptr<Wallets> wallets_;
  const List counters_;
  const History history_;

  std::mutex mutex_;           // guards what follows
  FolderLock lock_;
  WallTime last_save_{};
  bool cut_soon_ = false;      // the journal holds what would mislead the next start: records of counters that had no
                               // file then, and have one now; records of hours that the history has
  bool hours_changed_ = false;  // since all of them went to the history
  int history_days_ = -1;      // not set
  WallTime history_dropped_{};  // when old days were looked for last
};

}  // namespace aigw::usage
