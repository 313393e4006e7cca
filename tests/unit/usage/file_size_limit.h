// A full disk without a disk: while it lives, files of this process can't grow beyond `bytes_max`, root's neither.
#pragma once

#include <sys/resource.h>

#include <csignal>

#include <doctest/doctest.h>

namespace aigw::usage {

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes_max) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit now{bytes_max, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

}  // namespace aigw::usage
