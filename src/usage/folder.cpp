#include "usage/folder.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "base/disk.h"
#include "usage/names.h"
#include "usage/replay.h"
#include "usage/snapshot.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSnapshotBytesMax = 1024 * 1024;  // a counter takes about a thousand
constexpr std::size_t kSyncOneByOneMax = 32;  // above it, one sync of the file system costs less

Result<std::vector<fs::path>> snapshot_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry.depth() == 1) entry.disable_recursion_pending();
    if (entry.depth() != 1 || !entry->is_regular_file(error)) continue;
    if (entry->path().extension() == ".json") files.push_back(entry->path());
    if (entry->path().extension() == ".tmp") fs::remove(entry->path(), error);  // of the last process's saves
    if (error) break;
  }
  if (error) return Error{ErrorKind::Io, "can't read " + folder.string() + ": " + error.message()};
  return files;
}

Result<Snapshot> read_snapshot(const fs::path& folder, const fs::path& path) {
  const Result<std::string> text = read_file(path, kSnapshotBytesMax);
  if (!text) return text.error();
  Result<Snapshot> snapshot = parse_snapshot(*text);
  if (snapshot && folder / snapshot_path_of(snapshot->model, snapshot->provider) != path) {
    return invalid("it belongs to " + snapshot->model + " / " + snapshot->provider);
  }
  return snapshot;
}

// True if it had damaged records.
Result<bool> replay_file(const fs::path& path, Replay& replay, std::vector<std::string>& warnings) {
  if (is_missing(path)) return false;
  std::int64_t damaged = 0;
  const Status read = read_lines(path, [&](std::string_view lines) { damaged += replay.read(lines); });
  if (!read) return read.error();
  if (damaged == 0) return false;
  warnings.push_back("usage journal " + path.string() + " has " + std::to_string(damaged) +
                     " torn or broken records, which can't be counted; it is kept as journal.old.corrupt");
  return true;
}

using Changes = std::vector<std::pair<std::shared_ptr<Counter>, Snapshot>>;

Status write_all_beside(const fs::path& folder, const Changes& changes) {
  const bool one_by_one = changes.size() <= kSyncOneByOneMax;
  for (const auto& [counter, snapshot] : changes) {
    const Sync sync = one_by_one ? Sync::Now : Sync::Later;
    Status written = write_beside(folder / counter->file(), format_snapshot(snapshot), sync);
    if (!written) return written;
  }
  return one_by_one ? Status(Done{}) : sync_file_system(folder);
}

Status replace_all(const fs::path& folder, const Changes& changes) {
  std::set<fs::path> folders = {folder};
  for (const auto& [counter, snapshot] : changes) {
    const fs::path path = folder / counter->file();
    if (counter->saved()) {
      const Result<bool> replaced = change_places(path);
      if (!replaced) return replaced.error();
      if (!*replaced) remove_beside(path);  // deleted since we looked: it must not come back
    } else {
      Status placed = put_in_place(path);
      if (!placed) return placed;
      counter->set_saved(true);
    }
    folders.insert(path.parent_path());
  }
  if (changes.size() > kSyncOneByOneMax) return sync_file_system(folder);
  for (const fs::path& each : folders) {
    Status synced = sync_folder(each);
    if (!synced) return synced;
  }
  return Done{};
}

}  // namespace

Result<Found> read_folder(const fs::path& folder, Wallets& wallets) {
  Found found;
  const Result<std::vector<fs::path>> files = snapshot_files(folder);
  if (!files) return files.error();
  std::set<std::string> broken;
  for (const fs::path& path : *files) {
    const Result<Snapshot> snapshot = read_snapshot(folder, path);
    if (snapshot) {
      found.counters.push_back(std::make_shared<Counter>(*snapshot));
      continue;
    }
    if (snapshot.error().kind == ErrorKind::Io) return snapshot.error();
    const Status aside = set_aside(path);
    if (!aside) return aside.error();
    broken.insert(path.lexically_relative(folder).generic_string());
    found.warnings.push_back("usage counter " + path.string() + " is broken (" + snapshot.error().detail +
                             "); it is kept as .corrupt and counted anew from the journal");
  }
  Replay replay(found.counters, std::move(broken), wallets);
  const Result<bool> old_damaged = replay_file(folder / "journal.old", replay, found.warnings);
  if (!old_damaged) return old_damaged.error();
  const Result<bool> damaged = replay_file(folder / "journal", replay, found.warnings);
  if (!damaged) return damaged.error();
  found.journal_damage = {*damaged, *old_damaged};
  found.counters = replay.counters();
  return found;
}

Result<Saved> save_changes(const fs::path& folder, const std::vector<std::shared_ptr<Counter>>& counters) {
  Changes changes;
  for (const auto& counter : counters) {
    if (auto snapshot = counter->take_changes()) changes.emplace_back(counter, std::move(*snapshot));
  }
  if (changes.empty()) return Saved();
  const auto first_files = std::count_if(changes.begin(), changes.end(),
                                         [](const auto& change) { return !change.first->saved(); });
  Status saved = write_all_beside(folder, changes);
  if (saved) saved = replace_all(folder, changes);
  if (saved) return Saved{static_cast<int>(changes.size()), static_cast<int>(first_files)};
  for (const auto& [counter, snapshot] : changes) counter->mark_unsaved();
  return saved.error();
}

void clear_deleted(const fs::path& folder, const std::vector<std::shared_ptr<Counter>>& counters, WallTime now,
                   Resets& resets) {
  for (const auto& counter : counters) {
    if (counter->saved() && is_missing(folder / counter->file())) counter->clear(now, resets);
  }
}

}  // namespace aigw::usage
