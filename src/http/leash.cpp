#include "http/leash.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace aigw::http {

Leash::Leash() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  held_ = Fd(ends[0]);
  end_ = Fd(ends[1]);
}

}  // namespace aigw::http
