#include "http/waiter.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace aigw::http {
namespace {

constexpr short kGone = POLLRDHUP | POLLHUP | POLLERR | POLLNVAL;

// poll() with microseconds: a stream's pace would suffer from rounding up to whole milliseconds.
int poll_until(pollfd* fds, nfds_t count, SteadyTime until) {
  if (until == SteadyTime::max()) return ::ppoll(fds, count, nullptr, nullptr);
  const auto left = std::max(std::chrono::nanoseconds::zero(), std::chrono::nanoseconds(until - steady_now()));
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec time{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
  return ::ppoll(fds, count, &time, nullptr);
}

}  // namespace

Waiter::Outcome Waiter::wait(int fd, short events, SteadyTime limit) {
  if (hooks_.before) hooks_.before();
  return wait_until(fd, events, limit);
}

Waiter::Outcome Waiter::sleep_until(SteadyTime time) {
  if (hooks_.before) hooks_.before();
  const Outcome outcome = wait_until(wake_fd_ ? wake_fd_->get() : -1, POLLIN, time);
  if (outcome == Outcome::Ready) forget_waking();
  return outcome == Outcome::TimedOut && time <= deadline_ ? Outcome::Ready : outcome;
}

void Waiter::forget_waking() {
  std::uint64_t times = 0;
  const ssize_t read = ::read(wake_fd_->get(), &times, sizeof times);
  static_cast<void>(read);  // it is readable, or somebody is wrong about that and we wake once more
}

std::function<void()> Waiter::waker() {
  if (!wake_fd_) {
    Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) throw std::system_error(errno, std::generic_category(), "eventfd");
    wake_fd_ = std::make_shared<Fd>(std::move(fd));
  }
  return [fd = wake_fd_] {
    const std::uint64_t once = 1;
    const ssize_t written = ::write(fd->get(), &once, sizeof once);
    static_cast<void>(written);  // full after 2^64 - 2 calls that nobody waited for
  };
}

bool Waiter::client_gone() {
  pollfd client{client_fd_, POLLRDHUP, 0};
  return ::poll(&client, 1, 0) > 0 && (client.revents & kGone) != 0;
}

Waiter::Outcome Waiter::wait_until(int fd, short events, SteadyTime limit) {
  for (;;) {
    const SteadyTime end = std::min(limit, deadline_);
    const SteadyTime next = next_tick_ ? std::min(end, *next_tick_) : end;
    // poll() ignores entries with a negative descriptor.
    pollfd fds[2] = {{fd, events, 0}, {client_fd_, POLLRDHUP, 0}};
    const int count = poll_until(fds, 2, next);
    if (count < 0 && errno != EINTR) return Outcome::TimedOut;
    if (count > 0) {
      if ((fds[1].revents & kGone) != 0) return Outcome::ClientGone;
      if (fds[0].revents != 0) return Outcome::Ready;  // errors too: the next read or write tells which
      continue;
    }
    const SteadyTime now = steady_now();
    if (now >= std::min(limit, deadline_)) return Outcome::TimedOut;
    if (next_tick_ && now >= *next_tick_ && hooks_.tick) hooks_.tick();
  }
}

}  // namespace aigw::http
