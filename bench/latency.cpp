// The latency of one request at a time, through several ports in turn.
//
// Taking turns, request by request, gives all ports the same moments of a busy machine. Prints the median of each,
// in microseconds, in the order of the ports: `81 124 133`.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "client.h"
#include "options.h"

namespace {

struct Target {
  int fd;
  std::vector<double> micros;
};

double timed_request(int fd, const std::string& request) {
  const auto start = std::chrono::steady_clock::now();
  bench::send_all(fd, request);
  const int status = bench::read_answer(fd);
  if (status != 200) {
    std::fprintf(stderr, "latency: status %d\n", status);
    std::exit(1);
  }
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "latency --ports P,P,... [--requests 3000] [--body-bytes 0]");
  const int requests = options.number("requests", 3000);
  const std::string request = bench::chat_request(false, static_cast<std::size_t>(options.number("body-bytes", 0)));

  std::vector<Target> targets;
  std::istringstream ports(options.text("ports", ""));
  for (std::string port; std::getline(ports, port, ',');) targets.push_back({bench::connect_to(std::stoi(port)), {}});

  const int warm_up = requests / 10;
  for (int i = 0; i < warm_up + requests; ++i) {
    for (Target& target : targets) {
      const double micros = timed_request(target.fd, request);
      if (i >= warm_up) target.micros.push_back(micros);
    }
  }
  for (Target& target : targets) {
    const auto middle = target.micros.begin() + static_cast<std::ptrdiff_t>(target.micros.size() / 2);
    std::nth_element(target.micros.begin(), middle, target.micros.end());
    std::printf("%.1f ", *middle);
  }
  std::printf("\n");
}
