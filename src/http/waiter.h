// Waiting on behalf of one client: for a provider's socket, or for a time. Every wait also watches the client's
// socket, so that a client that hangs up ends it at once, and obeys one deadline.
//
// Belongs to one exchange and its thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/fd.h"

namespace aigw::http {

class Waiter {
 public:
  enum class Outcome { Ready, TimedOut, ClientGone };

  // What happens around a wait, on the waiting thread. They must not throw.
  struct Hooks {
    std::function<void()> before;  // before the thread goes to sleep: the place to flush what was written
    std::function<void()> tick;    // when `next_tick` has passed; the wait goes on afterwards
  };

  // `client_fd`: the client's socket; it must stay open as long as this object lives.
  explicit Waiter(int client_fd) : client_fd_(client_fd) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  // Until when a wait may last from now on; waits under way in an outer call see a change made by a hook.
  void set_deadline(SteadyTime deadline) { deadline_ = deadline; }
  SteadyTime deadline() const { return deadline_; }

  // When the tick hook is due; nothing: never.
  void set_next_tick(std::optional<SteadyTime> at) { next_tick_ = at; }

  // Waits until `fd` has one of `events` (POLLIN, POLLOUT), at most until the deadline and `limit`.
  Outcome wait(int fd, short events, SteadyTime limit = SteadyTime::max());

  // Lets other threads end this one's sleep_until() before its time. What comes back may be called from any thread, also
  // when this object is gone. Throws std::system_error if there are no descriptors left.
  std::function<void()> waker();

  // Waits for a time, or to be woken, at most until the deadline: TimedOut when the deadline came first, else Ready.
  Outcome sleep_until(SteadyTime time);

  // Whether the client has hung up; does not wait.
  bool client_gone();

 private:
  Outcome wait_until(int fd, short events, SteadyTime limit);
  void forget_waking();

  int client_fd_;
  std::shared_ptr<Fd> wake_fd_;  // an eventfd, once somebody may wake us
  SteadyTime deadline_ = SteadyTime::max();
  std::optional<SteadyTime> next_tick_;
  Hooks hooks_;
};

}  // namespace aigw::http
