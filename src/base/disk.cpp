#include "base/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace aigw {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& path, const char* suffix) {
  fs::path result = path;
  result += suffix;
  return result;
}

fs::path beside(const fs::path& path) { return path.parent_path() / ("." + path.filename().string() + ".tmp"); }

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Asks first: truncating costs a transaction even when there is nothing to cut off.
bool cut_off(int fd, off_t size) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && (info.st_size <= size || ::ftruncate(fd, size) == 0);
}

bool write_at_begin(int fd, std::string_view text) {
  return ::lseek(fd, 0, SEEK_SET) == 0 && write_all(fd, text) && cut_off(fd, static_cast<off_t>(text.size())) &&
         ::fsync(fd) == 0;
}

// Takes blocks without changing the file: a full disk must be found out before a byte of the old text is gone.
bool take_room(int fd, std::size_t bytes) {
  return bytes == 0 || ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0 ||
         errno == EOPNOTSUPP || errno == ENOSYS;
}

Status write_over(const fs::path& path, std::string_view text) {
  constexpr std::size_t kBytesMax = std::size_t{256} << 20U;
  const Result<std::string> before = read_file(path, kBytesMax);
  if (!before) return before.error();
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file || !take_room(file.get(), text.size())) return disk_error("write", path);
  if (write_at_begin(file.get(), text)) return Done{};
  Error error = disk_error("write", path);
  [[maybe_unused]] const bool ignored = write_at_begin(file.get(), *before);  // its blocks are there
  return error;
}

// What says that a folder, or a file in it, can't be changed by its name.
bool forbids_names(int number) {
  return number == EBUSY || number == EXDEV || number == EACCES || number == EPERM || number == EROFS;
}

Status rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return disk_error("rename", from);
  return Done{};
}

}  // namespace

Error disk_error(std::string_view verb, const fs::path& path) {
  const std::string reason = std::generic_category().message(errno);
  return Error{ErrorKind::Io, "can't " + std::string(verb) + " " + path.string() + ": " + reason};
}

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return disk_error("open", path);
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + (before == 0 ? 4096 : before));  // doubles: a journal may be large
    const ssize_t count = ::read(file.get(), text.data() + before, text.size() - before);
    if (count < 0 && errno != EINTR) return disk_error("read", path);
    text.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (text.size() > bytes_max) {
      return invalid("it has more than " + std::to_string(bytes_max) + " bytes");
    }
    if (count == 0) return text;
  }
}

Status read_lines(const fs::path& path, const std::function<void(std::string_view)>& visit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return disk_error("open", path);
  std::string block(std::size_t{256} << 10U, '\0');
  std::size_t kept = 0;  // the beginning of a line whose end is not there yet
  for (;;) {
    if (kept == block.size()) block.resize(2 * block.size());
    if (block.size() > std::size_t{64} << 20U) return invalid("it has a line without an end");
    const ssize_t count = ::read(file.get(), block.data() + kept, block.size() - kept);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return disk_error("read", path);
    const std::string_view all(block.data(), kept + static_cast<std::size_t>(count));
    const std::size_t end = count == 0 ? all.size() : all.rfind('\n') + 1;  // npos + 1 is 0
    if (end > 0) visit(all.substr(0, end));
    if (count == 0) return Done{};
    kept = all.size() - end;
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(end), all.end(), block.begin());
  }
}

bool is_missing(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool is_same_file(const fs::path& path, const Fd& file) {
  struct stat by_name {};
  struct stat by_handle {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(file.get(), &by_handle) == 0 &&
         by_name.st_ino == by_handle.st_ino && by_name.st_dev == by_handle.st_dev;
}

Status write_beside(const fs::path& path, std::string_view text, Sync sync, Readers readers) {
  const fs::path temporary = beside(path);
  const mode_t mode = readers == Readers::All ? 0644 : 0600;
  // Without O_TRUNC: ext4 takes what was truncated, written and closed for a file that somebody replaces in place, and
  // allocates its blocks at once (auto_da_alloc), which took 0.8 ms a file.
  const auto open_it = [&] { return ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode); };
  Fd file(open_it());
  if (!file && errno == ENOENT) {
    std::error_code ignored;  // the open below says what is wrong
    fs::create_directories(path.parent_path(), ignored);
    file = Fd(open_it());
  }
  if (!file) return disk_error("write", temporary);
  // One that was left behind keeps the mode that it has.
  const bool guarded = readers == Readers::All || ::fchmod(file.get(), mode) == 0;
  const bool written = guarded && write_all(file.get(), text) && cut_off(file.get(), static_cast<off_t>(text.size()));
  if (written && (sync == Sync::Later || ::fsync(file.get()) == 0)) return Done{};
  Error error = disk_error("write", temporary);
  ::unlink(temporary.c_str());
  return error;
}

Status put_in_place(const fs::path& path) { return rename_file(beside(path), path); }

Result<bool> change_places(const fs::path& path) {
  if (::renameat2(AT_FDCWD, beside(path).c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (is_missing(path)) return false;
  const Status renamed = put_in_place(path);  // a file system that can't exchange
  if (!renamed) return renamed.error();
  return true;
}

void remove_beside(const fs::path& path) { ::unlink(beside(path).c_str()); }

Status rewrite_file(const fs::path& path, std::string_view text) {
  std::error_code missing;
  const fs::path real = fs::canonical(path, missing);
  struct stat info {};
  if (missing) errno = missing.value();
  if (missing || ::stat(real.c_str(), &info) != 0) return disk_error("write", path);
  const fs::path temporary = beside(real);
  ::unlink(temporary.c_str());  // one that was left behind may be somebody else's
  const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return forbids_names(errno) ? write_over(real, text) : Status(disk_error("write", temporary));
  // The group at least, where the owner can't be given away. The mode comes last: a new owner may take bits from it.
  if (::fchown(file.get(), info.st_uid, info.st_gid) != 0) {
    [[maybe_unused]] const int ignored = ::fchown(file.get(), static_cast<uid_t>(-1), info.st_gid);
  }
  const bool written = ::fchmod(file.get(), info.st_mode & 07777) == 0 && write_all(file.get(), text) &&
                       ::fsync(file.get()) == 0;
  if (written && ::rename(temporary.c_str(), real.c_str()) == 0) {
    [[maybe_unused]] const Status ignored = sync_folder(real.parent_path());  // the new text is there, if not for sure
    return Done{};
  }
  const int number = errno;
  const Error error = disk_error("write", temporary);
  ::unlink(temporary.c_str());
  return written && forbids_names(number) ? write_over(real, text) : Status(error);
}

bool is_writable(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 0222) != 0 &&
         ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

Result<Appended> append_lines(const fs::path& path, std::string_view lines) {
  Appended appended;
  appended.file = Fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  struct stat info {};
  if (!appended.file || ::fstat(appended.file.get(), &info) != 0) return disk_error("write", path);
  appended.bytes_before = info.st_size;
  char last = '\n';
  if (info.st_size > 0 && ::pread(appended.file.get(), &last, 1, info.st_size - 1) < 0) return disk_error("read", path);
  const std::string text = (last == '\n' ? "" : "\n") + std::string(lines);
  if (write_all(appended.file.get(), text) && ::fsync(appended.file.get()) == 0) return appended;
  Error error = disk_error("write", path);
  take_back(appended);
  return error;
}

void take_back(const Appended& appended) {
  // Should this fail too, then whoever reads the lines meets some of them twice.
  [[maybe_unused]] const int ignored = ::ftruncate(appended.file.get(), appended.bytes_before);
}

Status sync_folder(const fs::path& folder) {
  const Fd handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that can't sync folders (some network ones) has nothing to be asked for.
  if (!handle || (::fsync(handle.get()) != 0 && errno != EINVAL)) return disk_error("sync", folder);
  return Done{};
}

Status sync_file_system(const fs::path& folder) {
  const Fd handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || ::syncfs(handle.get()) != 0) return disk_error("sync", folder);
  return Done{};
}

Status set_aside(const fs::path& path) { return rename_file(path, with_suffix(path, ".corrupt")); }

}  // namespace aigw
