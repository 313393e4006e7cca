// The other end of a connection under test: a blocking socket that gives up after half a minute instead of hanging.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"
#include "http/socket.h"

namespace aigw::http {

class TestSocket {
 public:
  explicit TestSocket(Fd fd) : fd_(std::move(fd)) {
    const timeval patience{30, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    // As `main` does: a write of OpenSSL to a closed socket is an error, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }

  static TestSocket connect(int port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("can't connect to the port under test");
    }
    return TestSocket(std::move(fd));
  }

  int fd() const { return fd_.get(); }
  void close() { fd_ = Fd(); }
  void end_output() { ::shutdown(fd_.get(), SHUT_WR); }
  // Closes so that the other end gets a reset.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // False if the other end did not take everything.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // Up to the end of the connection, or its reset.
  std::string receive_all() {
    while (receive_some()) continue;
    return std::exchange(received_, {});
  }

  // Up to and with `mark`; less if the connection ends before.
  std::string receive_until(std::string_view mark) {
    std::size_t at = received_.find(mark);
    while (at == std::string::npos && receive_some()) at = received_.find(mark);
    return take(at == std::string::npos ? received_.size() : at + mark.size());
  }

  // `bytes` bytes; less if the connection ends before.
  std::string receive(std::size_t bytes) {
    while (received_.size() < bytes && receive_some()) continue;
    return take(std::min(bytes, received_.size()));
  }

  // A message framed by Content-Length, which must stand in its head; or one without a body.
  std::string receive_message() {
    std::string message = receive_until("\r\n\r\n");
    constexpr std::string_view kLength = "content-length:";
    const std::size_t at = lower(message).find(kLength);
    if (at == std::string::npos) return message;
    const std::size_t begin = at + kLength.size();
    const std::string_view value = trim(std::string_view(message).substr(begin, message.find('\r', begin) - begin));
    return message += receive(parse_uint(value).value_or(0));
  }

  // Whether the other end closes (or resets) the connection without sending anything more.
  bool at_end() { return received_.empty() && !receive_some() && errno != EAGAIN; }

 private:
  bool receive_some() {
    char bytes[16 * 1024];
    errno = 0;
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }
  std::string take(std::size_t bytes) {
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
  }

  Fd fd_;
  std::string received_;
};

// Two ends of one connection: for the code under test (non-blocking), and for the test.
struct SocketPair {
  Fd ours;
  TestSocket theirs;

  static SocketPair create() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) throw std::runtime_error("no socket pair");
    prepare_socket(fds[0]);
    return {Fd(fds[0]), TestSocket(Fd(fds[1]))};
  }
};

}  // namespace aigw::http
