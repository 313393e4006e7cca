// What a call that no client waits for has in the place of the client's socket: cut, it ends the call, as a client that
// hangs up does.
//
// Threads: one cuts, another one waits; not two cut at once.
#pragma once

#include "base/fd.h"

namespace aigw::http {

class Leash {
 public:
  // Throws std::system_error if there are no descriptors left.
  Leash();

  // For a Waiter, which this object outlives.
  int fd() const { return held_.get(); }
  // Ends the call under way, and each that begins later.
  void cut() { end_ = Fd(); }

 private:
  Fd held_;  // of a pipe: readers are told when its end is closed
  Fd end_;
};

}  // namespace aigw::http
