#include "observe/process_stats.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "base/text.h"

namespace aigw::observe {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The numbers behind the name in /proc/self/stat, from field 3 on (proc(5)); the name may have blanks and brackets.
std::vector<std::string_view> stat_fields(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string_view::npos ? std::vector<std::string_view>{}
                                            : split(trim(stat.substr(name_end + 1)), ' ');
}

std::int64_t field(const std::vector<std::string_view>& fields, std::size_t number) {
  const std::size_t index = number - 3;
  return index < fields.size() ? static_cast<std::int64_t>(parse_uint(fields[index]).value_or(0)) : 0;
}

// When the machine was started, in seconds since 1970.
std::int64_t boot_time() {
  const std::string stat = read_file("/proc/stat");
  for (const std::string_view line : split(stat, '\n')) {
    if (starts_with(line, "btime ")) return static_cast<std::int64_t>(parse_uint(line.substr(6)).value_or(0));
  }
  return 0;
}

std::int64_t open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  return std::max<std::int64_t>(0, std::distance(begin(entries), end(entries)) - 1);  // one is that of the folder
}

}  // namespace

ProcessStats process_stats() {
  const std::string stat = read_file("/proc/self/stat");
  const std::vector<std::string_view> fields = stat_fields(stat);
  const std::int64_t ticks = std::max(1L, ::sysconf(_SC_CLK_TCK));
  const auto time_of = [&](std::int64_t count) { return std::chrono::nanoseconds(count * (1'000'000'000 / ticks)); };
  ProcessStats stats;
  stats.cpu = time_of(field(fields, 14) + field(fields, 15));
  stats.virtual_bytes = field(fields, 23);
  stats.resident_bytes = field(fields, 24) * ::sysconf(_SC_PAGESIZE);
  stats.started = WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::seconds(boot_time()) +
                                                                          time_of(field(fields, 22))));
  stats.open_fds = open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    constexpr auto kMost = static_cast<rlim_t>(INT64_MAX);  // RLIM_INFINITY is more
    stats.max_fds = static_cast<std::int64_t>(std::min(limit.rlim_cur, kMost));
  }
  return stats;
}

}  // namespace aigw::observe
