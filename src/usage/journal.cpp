#include "usage/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

Fd open_for_append(const fs::path& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

}  // namespace

Journal::Journal(fs::path path, Fd file, std::int64_t bytes, bool has_old)
    : path_(std::move(path)),
      old_path_(path_.string() + ".old"),
      file_(std::move(file)),
      has_old_(has_old),
      bytes_(bytes) {}

Result<std::unique_ptr<Journal>> Journal::open(const fs::path& path) {
  Fd file = open_for_append(path);
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) return disk_error("write", path);
  if (Status named = sync_folder(path.parent_path()); !named) return named.error();
  const bool has_old = !is_missing(path.string() + ".old");
  return std::unique_ptr<Journal>(new Journal(path, std::move(file), info.st_size, has_old));
}

Status Journal::append(std::string_view record) {
  if (closed_.load(std::memory_order_relaxed)) return Done{};
  ssize_t count = 0;
  do {
    count = ::write(file_.get(), record.data(), record.size());
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    bytes_.fetch_add(count, std::memory_order_relaxed);
    appended_.fetch_add(1, std::memory_order_release);
  }
  if (count == static_cast<ssize_t>(record.size())) return Done{};
  // Writing the rest would tear it apart from its beginning if another thread came in between.
  if (count >= 0) errno = ENOSPC;
  return disk_error("write", path_);
}

Status Journal::sync() {
  const std::uint64_t wanted = appended_.load(std::memory_order_acquire);
  const std::lock_guard<std::mutex> lock(syncing_);
  if (synced_ >= wanted) return Done{};
  if (lost_) return *lost_;
  const std::uint64_t covered = appended_.load(std::memory_order_acquire);
  if (old_file_ && ::fdatasync(old_file_.get()) != 0) return lost_.emplace(disk_error("sync", old_path_));
  if (::fdatasync(file_.get()) != 0) return lost_.emplace(disk_error("sync", path_));
  synced_ = covered;
  return Done{};
}

Result<bool> Journal::reopen_if_gone() {
  if (is_same_file(path_, file_)) return false;
  std::error_code ignored;  // the open says what is wrong
  fs::create_directories(path_.parent_path(), ignored);
  const Status opened = open_in_place();
  if (!opened) return opened.error();
  has_old_ = !is_missing(old_path_);
  return true;
}

void Journal::forget_failed_sync() {
  const std::lock_guard<std::mutex> lock(syncing_);
  lost_.reset();
}

Status Journal::rotate() {
  // Should saving the counters fail for long, the old journal is all there is. If even this fails, saving is due.
  static_cast<void>(sync());
  Fd old(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  if (!old) return disk_error("open", path_);
  const std::lock_guard<std::mutex> lock(syncing_);
  if (::rename(path_.c_str(), old_path_.c_str()) != 0) return disk_error("rename", path_);
  const Status opened = open_in_place();
  if (opened) {
    has_old_ = true;
    damage_ = {false, damage_.current};
    old_file_ = std::move(old);
    return sync_folder(path_.parent_path());
  }
  // Back to where it was: records still go to that file, and it should be found under its name.
  if (::rename(old_path_.c_str(), path_.c_str()) != 0) has_old_ = true;
  return opened;
}

Status Journal::drop_old() {
  if (damage_.old) {
    const Status aside = set_aside(old_path_);
    if (!aside) return aside;
  } else if (::unlink(old_path_.c_str()) != 0 && errno != ENOENT) {
    return disk_error("remove", old_path_);
  }
  has_old_ = false;
  damage_.old = false;
  {
    const std::lock_guard<std::mutex> lock(syncing_);
    old_file_ = Fd();
  }
  return sync_folder(path_.parent_path());
}

Status Journal::open_in_place() {
  const Fd fresh = open_for_append(path_);
  struct stat info {};
  if (!fresh || ::fstat(fresh.get(), &info) != 0) return disk_error("write", path_);
  if (::dup3(fresh.get(), file_.get(), O_CLOEXEC) < 0) return disk_error("open", path_);
  bytes_.store(info.st_size, std::memory_order_relaxed);
  return Done{};
}

}  // namespace aigw::usage
