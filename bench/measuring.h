// Clocks, medians and the rows of a table, for the programs that measure parts of the gateway.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

namespace bench {

inline double clock_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Precondition: there is one.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

inline void print_head() { std::printf("%-58s %11s   %s\n", "figure", "measured", "wanted"); }

inline void print_row(const std::string& figure, double measured, const char* unit, double wanted) {
  std::printf("%-58s %8.2f %-2s   <= %-5.4g %s\n", figure.c_str(), measured, unit, wanted,
              measured <= wanted ? "met" : "missed");
}

inline void print_row(const std::string& figure, double measured, const char* unit) {
  std::printf("%-58s %8.2f %-2s\n", figure.c_str(), measured, unit);
}

}  // namespace bench
