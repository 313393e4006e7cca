// The lock that keeps a second gateway off the same data folder: flock on a file `lock`, which holds the owner's
// process id for people to read. The kernel drops it when the process ends, however it ends.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/disk.h"

namespace aigw::usage {

class FolderLock {
 public:
  // Errors: Unavailable, `<folder> is used by another gateway (pid N)`; Io, why the file can't be opened.
  static Result<FolderLock> take(const std::filesystem::path& folder);

  // Takes it again if somebody deleted its file, since the next gateway would make a new one. Errors as take(): another
  // one was faster, and the folder is its by now.
  Status keep();

 private:
  FolderLock(std::filesystem::path folder, Fd file) : folder_(std::move(folder)), file_(std::move(file)) {}
  std::filesystem::path folder_;
  Fd file_;
};

}  // namespace aigw::usage
