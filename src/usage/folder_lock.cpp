#include "usage/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace aigw::usage {
namespace {

Error used_by_another(const std::filesystem::path& folder, const std::filesystem::path& path) {
  const Result<std::string> owner = read_file(path, 100);
  const auto pid = owner ? parse_uint(trim(*owner)) : std::nullopt;
  return Error{ErrorKind::Unavailable, folder.string() + " is used by another gateway" +
                                  (pid ? " (pid " + std::to_string(*pid) + ")" : std::string()) +
                                  ": stop it, or choose another folder with --data"};
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return disk_error("write", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return used_by_another(folder, path);
    return disk_error("lock", path);
  }
  // The id is for people only: on a full disk the lock holds without it.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
  return FolderLock(folder, std::move(file));
}

Status FolderLock::keep() {
  if (is_same_file(folder_ / "lock", file_)) return Done{};
  std::error_code ignored;  // take() says what is wrong
  std::filesystem::create_directories(folder_, ignored);
  Result<FolderLock> taken = take(folder_);
  if (!taken) return taken.error();
  *this = std::move(*taken);
  return Done{};
}

}  // namespace aigw::usage
