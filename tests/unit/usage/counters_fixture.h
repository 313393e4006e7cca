// What the tests of usage share: a folder that is gone afterwards, times, configs, and Counters with their reports.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "base/period.h"
#include "base/timestamp.h"
#include "usage/counters.h"

namespace aigw::usage {

// In memory where there is such a place: the tests save some thousands of files, each with a sync. The folder above is
// nobody else's: the ledger stands there.
class TempFolder {
 public:
  TempFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool fast = ::access(memory.c_str(), W_OK) == 0;
    std::string pattern = ((fast ? memory : std::filesystem::temp_directory_path()) / "usage-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = std::filesystem::path(pattern) / "usage";
    std::filesystem::create_directory(path_);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_.parent_path(), ignored);
  }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline WallTime at(const std::string& text) {
  const auto time = parse_timestamp(text);
  REQUIRE_MESSAGE(time.has_value(), text);
  return *time;
}

// The local day of `2024-01-15T12:00:00Z` has begun before and ends after it in every zone.
inline WallTime noon() { return at("2024-01-15T12:00:00Z"); }

// The moment at which the wall clock shows `time`, by clocks that go together.
inline Now clocks(WallTime time) { return {time, SteadyTime(time.time_since_epoch())}; }

inline Period period_of(const std::string& text) {
  const auto period = Period::parse(text);
  REQUIRE_MESSAGE(period, text);
  return *period;
}

// Noon on the clock, in every zone: full hours from it are full hours of the clock.
inline WallTime local_noon() { return period_of("0 12 * * *").begin_at(noon()); }

inline config::QuotaWindow limit_of(std::optional<std::int64_t> requests, std::optional<std::int64_t> tokens = {},
                                  const std::string& cron = "0 0 * * *") {
  return {requests, tokens, cron, ""};
}

// A window that begins with its first request.
inline config::QuotaWindow rolling(const std::string& period, std::optional<std::int64_t> requests,
                                 std::optional<std::int64_t> tokens = {}) {
  config::QuotaWindow limit;
  limit.requests_per_period = requests;
  limit.tokens_per_period = tokens;
  limit.period = period;
  return limit;
}

struct EntryOf {
  std::string model;
  std::string provider;
  config::Quota limits = {};
  std::string account = {};
  config::Quota account_limits = {};
};

inline config::Config config_of(const std::vector<EntryOf>& entries) {
  config::Config config;
  for (const EntryOf& entry : entries) {
    config::Provider provider;
    provider.name = entry.provider;
    provider.quota = entry.limits;
    provider.account = entry.account;
    provider.account_quota = entry.account_limits;
    config::Route route;
    route.model = entry.model;
    route.providers = {provider};
    config.routes.push_back(route);
  }
  return config;
}

// `gpt`/`one` alone, which Gateway uses.
inline config::Config config_of_one(const config::Quota& limits) { return config_of({{"gpt", "one", limits}}); }

// Runs `work(thread)` in `count` threads at once.
template <typename Work>
void in_threads(int count, Work work) {
  std::atomic<int> waiting{count};
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      work(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Counters on a folder with what they reported.
struct Gateway {
  explicit Gateway(const std::filesystem::path& folder, WallTime now = noon()) {
    auto opened = Counters::open(
        folder, [this](const Reset& reset) { resets.push_back(reset); },
        [this](const std::string& warning) { warnings.push_back(warning); }, now);
    REQUIRE_MESSAGE(opened, (opened ? std::string() : opened.error().detail));
    counters = std::move(*opened);
  }

  std::shared_ptr<Meter> meter() const { return counters->meter("gpt", "one"); }
  CounterState state(WallTime now = noon()) const { return meter()->state(now); }
  WindowState window(WallTime now = noon(), std::size_t index = 0) const { return state(now).windows.at(index); }
  Counts used(WallTime now = noon()) const { return window(now).used; }  // in the first window

  // One exchange at `gpt`/`one`; false if there was no room.
  bool use(WallTime now, const Used& used = {10, 5, false, false}) const {
    auto reservation = meter()->reserve({used.tokens()}, clocks(now));
    if (!reservation) return false;
    reservation->settle(used, clocks(now));
    return true;
  }

  std::vector<Reset> resets;
  std::vector<std::string> warnings;
  std::unique_ptr<Counters> counters;  // last: reports while it is destroyed
};

// Leaves the folder as SIGKILL would at this moment: copies it while the gateway runs.
inline void copy_as_killed(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace aigw::usage
