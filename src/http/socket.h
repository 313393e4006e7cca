// The few calls on sockets that both sides of the gateway need.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace aigw::http {

class Waiter;

constexpr std::size_t kReceiveBytes = 16 * 1024;  // what one call to receive asks for

// Non-blocking, closed on exec, without Nagle's delay.
void prepare_socket(int fd);

// A TCP connection to `host` (name or address literal) and `port`, tried address by address in the system's order.
// The name look-up is the system's and can't be interrupted; the rest ends at `limit`, at the waiter's deadline, or
// when the client hangs up. Errors: Refused, TimedOut, ClientGone; `detail` names host and port.
Result<Fd> connect_tcp(const std::string& host, int port, SteadyTime limit, Waiter& waiter);

// recv/send without blocking and without SIGPIPE, restarted after a signal. As the system calls: -1 and errno.
ssize_t receive(int fd, char* data, std::size_t size);
// Sends `first` and then `second` in one call; either may be empty.
ssize_t send_both(int fd, std::string_view first, std::string_view second);

// The numeric address of the other end, "" if unknown.
std::string peer_address(int fd);

}  // namespace aigw::http
