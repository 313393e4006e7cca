#include "http/upstream_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

#include "base/text.h"
#include "http/head.h"
#include "http/waiter.h"

namespace aigw::http {
namespace {

constexpr std::size_t kHeadGatherBytes = 16 * 1024;  // a head and a small body, held back for one send

}  // namespace

void UpstreamConnection::begin(Waiter& waiter) {
  waiter_ = &waiter;
  out_.clear();
  in_.clear();
  in_begin_ = 0;
  answered_ = false;
  likely_empty_ = true;
  sent_all_ = true;
  failure_ = Error{ErrorKind::Broken, "the connection was closed before the answer was whole"};
}

void UpstreamConnection::write(std::string_view bytes) {
  if (out_.size() + bytes.size() > kHeadGatherBytes) {
    send(bytes);
  } else {
    out_ += bytes;
  }
}

Result<AnswerHead> UpstreamConnection::receive_head() {
  if (!out_.empty()) send({});
  if (failure_.kind == ErrorKind::TimedOut || failure_.kind == ErrorKind::ClientGone) return failure_;
  std::size_t looked = 0;
  for (;;) {
    const std::size_t end = find_head_end(in_, looked);
    if (end != std::string::npos) {
      std::optional<AnswerHead> head = read_answer_head(std::string_view(in_).substr(0, end));
      if (!head) break;
      in_.erase(0, end);
      if (!head->is_interim()) return *std::move(head);
      looked = 0;
      continue;
    }
    if (in_.size() > kHeadBytesMax || (in_.size() >= 5 && !starts_with(in_, "HTTP/"))) break;
    looked = in_.size() < 2 ? 0 : in_.size() - 2;
    if (receive_more() != Received::Some) return failure_;
  }
  return Error{ErrorKind::Garbled, "the answer is not HTTP/1.1"};
}

ssize_t UpstreamConnection::read(char* data, std::size_t size) {
  if (in_begin_ == in_.size()) {
    in_.clear();
    in_begin_ = 0;
    const Received received = receive_more();
    if (received != Received::Some) return received == Received::End ? 0 : -1;
  }
  const std::size_t count = std::min(size, in_.size() - in_begin_);
  std::memcpy(data, in_.data() + in_begin_, count);
  in_begin_ += count;
  return static_cast<ssize_t>(count);
}

bool UpstreamConnection::is_quiet() {
  char byte;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void UpstreamConnection::release_buffers() {
  std::string().swap(in_);
  std::string().swap(out_);
  in_begin_ = 0;
  waiter_ = nullptr;
}

bool UpstreamConnection::send(std::string_view tail) {
  std::string_view head = out_;
  while (sent_all_ && head.size() + tail.size() > 0) {
    const ssize_t count = tls_ ? tls_->send(head.empty() ? tail : head) : send_both(fd_.get(), head, tail);
    if (count < 0) {
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      sent_all_ = full && wait(tls_ ? tls_->wants() : POLLOUT);
      continue;
    }
    const std::size_t from_head = std::min(head.size(), static_cast<std::size_t>(count));
    head.remove_prefix(from_head);
    tail.remove_prefix(static_cast<std::size_t>(count) - from_head);
  }
  out_.clear();
  return sent_all_;
}

// Adds to in_.
UpstreamConnection::Received UpstreamConnection::receive_more() {
  // Behind a request, and behind a read that did not fill the buffer, there is most likely nothing yet: waiting at once
  // saves the receive that would say so. TLS may hold bytes that poll does not know of.
  if (tls_ == nullptr && likely_empty_ && !wait(POLLIN)) return Received::Failed;
  // Received on the stack and kept to size: a large buffer for each call would cost more than the copy.
  char received[kReceiveBytes];
  for (;;) {
    const ssize_t count =
        tls_ ? tls_->receive(received, sizeof received) : receive(fd_.get(), received, sizeof received);
    if (count == 0) return Received::End;
    if (count > 0) {
      in_.append(received, static_cast<std::size_t>(count));
      answered_ = true;
      likely_empty_ = static_cast<std::size_t>(count) < sizeof received;
      return Received::Some;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      fail(ErrorKind::Broken, std::string("the connection broke off: ") + std::strerror(errno));
      return Received::Failed;
    }
    if (!wait(tls_ ? tls_->wants() : POLLIN)) return Received::Failed;
  }
}

bool UpstreamConnection::wait(short events) {
  switch (waiter_->wait(fd_.get(), events)) {
    case Waiter::Outcome::Ready: return true;
    case Waiter::Outcome::TimedOut: fail(ErrorKind::TimedOut, "no answer in time"); break;
    case Waiter::Outcome::ClientGone: fail(ErrorKind::ClientGone, "the client hung up"); break;
  }
  return false;
}

void UpstreamConnection::fail(ErrorKind kind, std::string detail) { failure_ = Error{kind, std::move(detail)}; }

}  // namespace aigw::http
