#include "base/fd.h"

#include <unistd.h>

namespace aigw {

Fd::~Fd() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace aigw
