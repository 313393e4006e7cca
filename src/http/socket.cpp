#include "http/socket.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/waiter.h"

namespace aigw::http {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> look_up(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  // AI_ADDRCONFIG ignores loopback interfaces: on a machine without a network, `127.0.0.1` must still work.
  if (host == "localhost" || host.find_first_not_of("0123456789.:abcdefABCDEF") == std::string::npos)
    hints.ai_flags = 0;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return Error{ErrorKind::Refused, "can't resolve " + host + ": " + ::gai_strerror(error)};
  return Addresses(list);
}

// 0, or the errno of the failed attempt; ETIMEDOUT and ECANCELED stand for the waiter's outcomes.
int connect_one(int fd, const addrinfo& address, SteadyTime limit, Waiter& waiter) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  switch (waiter.wait(fd, POLLOUT, limit)) {
    case Waiter::Outcome::TimedOut:
      return ETIMEDOUT;
    case Waiter::Outcome::ClientGone:
      return ECANCELED;
    case Waiter::Outcome::Ready:
      break;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

void prepare_socket(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Result<Fd> connect_tcp(const std::string& host, int port, SteadyTime limit, Waiter& waiter) {
  const Result<Addresses> addresses = look_up(host, port);
  if (!addresses) return addresses.error();
  const std::string where = host + ":" + std::to_string(port);
  int error = ECONNREFUSED;
  for (const addrinfo* address = addresses->get(); address != nullptr; address = address->ai_next) {
    Fd fd(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol));
    if (!fd) {
      error = errno;
      continue;
    }
    prepare_socket(fd.get());
    error = connect_one(fd.get(), *address, limit, waiter);
    if (error == 0) return fd;
    if (error == ECANCELED) return Error{ErrorKind::ClientGone, "the client hung up"};
    if (error == ETIMEDOUT && steady_now() >= limit) break;
  }
  if (error == ETIMEDOUT) return Error{ErrorKind::TimedOut, "no connection to " + where + " in time"};
  return Error{ErrorKind::Refused, "can't connect to " + where + ": " + std::strerror(error)};
}

ssize_t receive(int fd, char* data, std::size_t size) {
  for (;;) {
    const ssize_t count = ::recv(fd, data, size, MSG_DONTWAIT);
    if (count >= 0 || errno != EINTR) return count;
  }
}

ssize_t send_both(int fd, std::string_view first, std::string_view second) {
  iovec parts[2] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = first.empty() ? parts + 1 : parts;
  message.msg_iovlen = first.empty() || second.empty() ? 1 : 2;
  for (;;) {
    const ssize_t count = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0 || errno != EINTR) return count;
  }
}

std::string peer_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
    // An IPv4 client of a dual-stack socket is written as the IPv4 address that people configure.
    if (IN6_IS_ADDR_V4MAPPED(&ip)) {
      ::inet_ntop(AF_INET, ip.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &ip, text, sizeof text);
    }
  }
  return text;
}

}  // namespace aigw::http
