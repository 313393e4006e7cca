// Starts a server and prints the milliseconds from there to its first answered chat completion, then ends it.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

#include "client.h"
#include "options.h"

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "first_answer --port P -- COMMAND [ARGUMENT...]");
  const int port = options.number("port", 0);
  const std::string request = bench::chat_request(false, 0);

  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[options.rest()], argv + options.rest());
    std::perror("first_answer: exec");
    _exit(127);
  }
  int status = -1;
  while (status != 200 && std::chrono::steady_clock::now() - start < kPatience) {
    const int fd = bench::try_connect(port);
    if (fd >= 0) {
      bench::send_all(fd, request);
      status = bench::read_answer(fd);
      close(fd);
    } else {
      usleep(200);
    }
  }
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  kill(child, SIGTERM);
  waitpid(child, nullptr, 0);
  std::printf("%.1f\n", ms);
  return status == 200 ? 0 : 1;
}
