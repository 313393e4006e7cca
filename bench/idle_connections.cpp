// Opens many keep-alive connections, does one request on each, then leaves them idle.
//
// Speaks in steps, and waits for a line on its standard input after the first two, so that the server can be looked
// at in between:
//   warm before_ms=0.1          a request on a new connection took this long before (median of 200)
//   ready with_idle_ms=0.1      all are open and idle; and this long beside them
//   open=5000                   so many of them are still open
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "client.h"
#include "options.h"

namespace {

void ask(int fd, const std::string& request) {
  bench::send_all(fd, request);
  const int status = bench::read_answer(fd);
  if (status != 200) {
    std::fprintf(stderr, "idle_connections: status %d\n", status);
    std::exit(1);
  }
}

// The median time of a request on a connection of its own, its opening included.
double fresh_request_ms(int port, const std::string& request) {
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const int fd = bench::connect_to(port);
    ask(fd, request);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    close(fd);
  }
  std::nth_element(times.begin(), times.begin() + 100, times.end());
  return times[100];
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "idle_connections --port P [--connections 5000]");
  const int port = options.number("port", 0);
  const std::string request = bench::chat_request(false, 0);

  std::printf("warm before_ms=%.3f\n", fresh_request_ms(port, request));
  std::fflush(stdout);
  std::getchar();

  std::vector<int> sockets;
  for (int i = 0; i < options.number("connections", 5000); ++i) {
    sockets.push_back(bench::connect_to(port));
    ask(sockets.back(), request);
  }
  std::printf("ready with_idle_ms=%.3f\n", fresh_request_ms(port, request));
  std::fflush(stdout);
  std::getchar();

  std::size_t open = 0;
  char byte = 0;
  for (const int fd : sockets) {
    if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN) ++open;
  }
  std::printf("open=%zu\n", open);
  return open == sockets.size() ? 0 : 1;
}
