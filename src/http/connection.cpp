#include "http/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace aigw::http {
namespace {

constexpr std::size_t kDirectBytes = 4 * 1024;
constexpr std::size_t kGatherBytes = 32 * 1024;     // written bytes that are held back for one send
constexpr Millis kWriteSilence{30'000};             // how long a client may take no byte at all
constexpr Millis kLinger{1'000};

bool wait_for(int fd, short events, Millis timeout) {
  pollfd entry{fd, events, 0};
  const SteadyTime end = steady_now() + timeout;
  for (;;) {
    const Millis left = std::max(Millis::zero(), std::chrono::ceil<Millis>(end - steady_now()));
    const int count = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Connection::Connection(Fd fd, SteadyTime now)
    : fd_(std::move(fd)), client_address_(peer_address(fd_.get())), deadline_(now.time_since_epoch().count()) {}

void Connection::park(SteadyTime now, Millis idle_max, Millis head_max) {
  if (in_begin_ == in_.size()) {
    // Ten thousand idle connections should not keep ten thousand buffers.
    std::string().swap(in_);
    in_begin_ = 0;
    head_deadline_.reset();
  } else if (!head_deadline_) {
    head_deadline_ = now + head_max;
  }
  const SteadyTime deadline = head_deadline_.value_or(now + idle_max);
  std::string().swap(out_);
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  state_.store(State::Parked, std::memory_order_release);
}

bool Connection::take() {
  State expected = State::Parked;
  return state_.compare_exchange_strong(expected, State::Owned, std::memory_order_acquire);
}

void Connection::expire(SteadyTime now) {
  // In this order: the deadline of an owned connection is that of its last parking, and may have passed long ago.
  State expected = State::Parked;
  if (state_.load(std::memory_order_acquire) != expected) return;
  if (now.time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
  // The socket becomes readable by this, and the worker that is woken destroys the connection.
  if (state_.compare_exchange_strong(expected, State::Expired)) ::shutdown(fd_.get(), SHUT_RDWR);
}

Connection::Fill Connection::fill() {
  if (in_begin_ > 0) {
    in_.erase(0, in_begin_);
    in_begin_ = 0;
  }
  // Received on the stack and kept to size: most requests are small, and a large buffer for each would cost more than
  // the copy.
  char received[kReceiveBytes];
  const ssize_t count = receive(fd_.get(), received, sizeof received);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Fill::Nothing;
  if (count <= 0) return Fill::Closed;
  in_.append(received, static_cast<std::size_t>(count));
  return Fill::Some;
}

void Connection::consume(std::size_t bytes) { in_begin_ += bytes; }

void Connection::head_complete() { head_deadline_.reset(); }

ssize_t Connection::read(char* data, std::size_t size, Millis silence_max) {
  if (in_begin_ == in_.size()) {
    // Large reads go straight to their place, small ones (a chunk's size, byte by byte) through a buffer.
    if (size >= kDirectBytes) return receive_some(data, size, silence_max);
    char received[kReceiveBytes];
    const ssize_t count = receive_some(received, sizeof received, silence_max);
    if (count <= 0) return count;
    in_.assign(received, static_cast<std::size_t>(count));
    in_begin_ = 0;
  }
  const std::size_t count = std::min(size, in_.size() - in_begin_);
  std::memcpy(data, in_.data() + in_begin_, count);
  in_begin_ += count;
  return static_cast<ssize_t>(count);
}

// As recv(2), but waits for the first byte.
ssize_t Connection::receive_some(char* data, std::size_t size, Millis silence_max) {
  for (;;) {
    const ssize_t count = receive(fd_.get(), data, size);
    if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return count;
    // The client may wait for our `100 Continue` before it sends its body.
    if (!flush()) return -1;
    if (!wait_for(fd_.get(), POLLIN, silence_max)) {
      read_timed_out_ = true;
      return -1;
    }
  }
}

bool Connection::write(std::string_view bytes) {
  if (broken_) return false;
  if (out_.size() + bytes.size() > kGatherBytes) return send_all(bytes);
  out_ += bytes;
  return true;
}

bool Connection::flush() { return out_.empty() ? !broken_ : send_all({}); }

bool Connection::send_all(std::string_view tail) {
  std::string_view head = out_;
  while (!broken_ && head.size() + tail.size() > 0) {
    const ssize_t count = send_both(fd_.get(), head, tail);
    if (count < 0) {
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      broken_ = !full || !wait_for(fd_.get(), POLLOUT, kWriteSilence);
      continue;
    }
    const std::size_t from_head = std::min(head.size(), static_cast<std::size_t>(count));
    head.remove_prefix(from_head);
    tail.remove_prefix(static_cast<std::size_t>(count) - from_head);
  }
  out_.clear();
  return !broken_;
}

void Connection::linger() {
  flush();
  ::shutdown(fd_.get(), SHUT_WR);
  const SteadyTime end = steady_now() + kLinger;
  char dropped[4096];
  for (;;) {
    const ssize_t count = receive(fd_.get(), dropped, sizeof dropped);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) return;
    const Millis left = std::chrono::duration_cast<Millis>(end - steady_now());
    if (left <= Millis::zero()) return;
    if (count < 0 && !wait_for(fd_.get(), POLLIN, left)) return;
  }
}

}  // namespace aigw::http
