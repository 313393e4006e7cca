// The journal: an append-only file that holds each settled exchange until the counters' own files include it.
//
// Records are appended by any thread with a single write and without a lock of ours: the file is open with
// O_APPEND, so the kernel places each write whole at the end, one after another; and when the journal is cut, dup3
// puts the new file under the same descriptor number in one step, so a writer hits either the old file or the new
// one. That is right in both: a counter counts before its record is written, so files that are saved after the cut
// include everything that went to the old one.
//
// The page cache outlives the process: a record survives SIGKILL once append() returned, and power loss once sync()
// did. A write that broke off (disk full) leaves a torn line that readers skip (record.h).
//
// Threads: append() and sync() from any; all else for one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/disk.h"

namespace aigw::usage {

class Journal {
 public:
  // Opens or creates `path`. `<path>.old` is what an unfinished cut left. Errors: Io.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& path);

  // An error means that the record is not in the file, or torn.
  Status append(std::string_view record);

  // Makes what was appended before the call durable; nothing to do if nothing was. Threads that come together share
  // one sync.
  // Once one has failed, all do, until forget_failed_sync(): the system reports what it lost a single time, and takes it
  // for written afterwards.
  Status sync();
  // The counters' files include what was appended until the sync failed.
  void forget_failed_sync();

  // Whether it has grown since it was opened or cut; whether an old one waits to be dropped.
  std::int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  bool has_old() const { return has_old_; }

  // Puts an empty journal in place of one that somebody deleted or replaced; true if that was so.
  Result<bool> reopen_if_gone();

  // First half of a cut: this file becomes the old one, an empty one takes its place. Precondition: !has_old().
  Status rotate();
  // Second half, once all counters are saved: the old one is removed, or kept as `.corrupt` if it is damaged.
  Status drop_old();

  // What reading them has shown.
  struct Damage {
    bool current = false;
    bool old = false;
  };
  void set_damage(Damage damage) { damage_ = damage; }

  // After this, records go nowhere: the data folder may be another gateway's by now.
  void close() { closed_.store(true, std::memory_order_relaxed); }

 private:
  Journal(std::filesystem::path path, Fd file, std::int64_t bytes, bool has_old);
  Status open_in_place();

  const std::filesystem::path path_;
  const std::filesystem::path old_path_;
  Fd file_;                                   // its number never changes
  bool has_old_;                              // has_old_ and damage_ are of the one thread
  Damage damage_;
  std::atomic<std::int64_t> bytes_;
  std::mutex syncing_;                        // one sync at a time; guards synced_, lost_ and old_file_
  std::uint64_t synced_ = 0;                  // as many appended records are durable
  std::optional<Error> lost_;                 // why a sync failed
  Fd old_file_;                               // until the counters are saved: a record may still be on its way to it
  std::atomic<std::uint64_t> appended_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace aigw::usage
