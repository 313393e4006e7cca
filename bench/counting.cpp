// What counting costs: CPU time of one exchange, replay of a long journal, saving thousands of counters while exchanges
// go on, and thousands of keys. Prints a table. Needs a few hundred MB below --data for a few seconds.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "measuring.h"
#include "options.h"
#include "scratch.h"
#include "usage/counters.h"

namespace {

namespace fs = std::filesystem;
using aigw::config::QuotaWindow;
using aigw::config::Quota;
using aigw::usage::Counters;
using aigw::usage::Meter;
using bench::clock_seconds;
using bench::median;
using bench::print_row;
using Meters = std::vector<std::shared_ptr<Meter>>;

constexpr std::int64_t kPlenty = 1'000'000'000'000;
constexpr int kRounds = 5;  // of which the median is taken

// ---- measuring ----------------------------------------------------------------------------------------------

struct Cost {
  double cpu = 0;  // seconds; of the whole process
  double wall = 0;
};

Cost cost_of(const std::function<void()>& work) {
  const Cost before{clock_seconds(CLOCK_PROCESS_CPUTIME_ID), clock_seconds(CLOCK_MONOTONIC)};
  work();
  return {clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - before.cpu, clock_seconds(CLOCK_MONOTONIC) - before.wall};
}

// ---- what is measured ---------------------------------------------------------------------------------------

QuotaWindow window(const char* cron, const char* rolling) { return {kPlenty, kPlenty, cron, rolling}; }

Quota one_window() { return {window("0 0 * * *", "")}; }

Quota three_windows() { return {window("", "5h"), window("0 0 * * 1", ""), window("0 0 1 * *", "")}; }

struct Setting {
  int routes;
  int providers;  // of each
  Quota own;
  Quota account;  // of one account for all; empty: none
};

aigw::config::Config config_of(const Setting& setting) {
  aigw::config::Config config;
  for (int i = 0; i < setting.routes; ++i) {
    aigw::config::Route& route = config.routes.emplace_back();
    route.model = "model-" + std::to_string(i);
    for (int j = 0; j < setting.providers; ++j) {
      aigw::config::Provider& provider = route.providers.emplace_back();
      provider.name = "provider-" + std::to_string(j);
      provider.quota = setting.own;
      provider.account = setting.account.empty() ? "" : "shared";
      provider.account_quota = setting.account;
    }
  }
  return config;
}

std::unique_ptr<Counters> open(const fs::path& folder) {
  const auto warn = [](const std::string& text) { std::fprintf(stderr, "counting: %s\n", text.c_str()); };
  auto counters = Counters::open(folder, [](const aigw::usage::Reset&) {}, warn, aigw::wall_now());
  if (counters) return std::move(*counters);
  warn(counters.error().detail);
  std::exit(1);
}

Meters apply(Counters& counters, const Setting& setting) {
  const aigw::config::Config config = config_of(setting);
  counters.apply(config, aigw::wall_now());
  Meters meters;
  for (const auto& route : config.routes) {
    for (const auto& provider : route.providers) meters.push_back(counters.meter(route.model, provider.name));
  }
  return meters;
}

aigw::usage::Used usual() {
  aigw::usage::Used used;
  used.prompt_tokens = 1234;
  used.completion_tokens = 567;
  used.duration = aigw::Millis(890);
  used.key = "user";
  used.cost = 1'234'500;
  used.charge = 1'481'400;
  return used;
}

void exchange(Meter& meter) {
  auto reservation = meter.reserve({2000, 2'000'000}, aigw::read_clocks());
  reservation->settle(usual(), aigw::read_clocks());
}

void exchange(Meter& provider, Meter& caller) {
  const aigw::Now now = aigw::read_clocks();
  auto called = caller.reserve({2000, 2'000'000}, now);
  auto reservation = provider.reserve({2000, 2'000'000}, now);
  aigw::usage::Reservation::settle_both(*reservation, &*called, usual(), aigw::read_clocks());
}

void run_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> running;
  for (int i = 1; i < threads; ++i) running.emplace_back(work, i);
  work(0);
  for (std::thread& thread : running) thread.join();
}

// CPU microseconds of one exchange: picked and settled, journal write included. Each thread has its own provider.
double exchange_cpu(const fs::path& folder, int threads, const Quota& own, const Quota& account) {
  constexpr int kExchanges = 200'000;
  const auto counters = open(folder);
  const Meters meters = apply(*counters, {threads, 1, own, account});
  std::vector<double> micros;
  for (int round = 0; round <= kRounds; ++round) {
    const Cost cost = cost_of([&] {
      run_threads(threads, [&](int thread) {
        for (int i = 0; i < kExchanges / threads; ++i) exchange(*meters[static_cast<std::size_t>(thread)]);
      });
    });
    if (round > 0) micros.push_back(cost.cpu * 1e6 / kExchanges);  // the first one warms up
    counters->tick(aigw::wall_now());  // cuts the journal
  }
  return median(micros);
}

void measure_exchanges(const fs::path& folder) {
  const int cores = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  const std::string each = ", " + std::to_string(cores) + " threads";
  const auto row = [&](const std::string& figure, int threads, const Quota& own, const Quota& account) {
    print_row("CPU of an exchange, " + figure, exchange_cpu(folder / "exchanges", threads, own, account), "us", 2);
    fs::remove_all(folder / "exchanges");
  };
  row("no quota", 1, {}, {});
  row("one window", 1, one_window(), {});
  row("three windows", 1, three_windows(), {});
  row("three windows" + each, cores, three_windows(), {});
  row("own and account's quota", 1, one_window(), one_window());
  row("own and one account's quota" + each, cores, one_window(), one_window());
}

// Ten keys to an owner, all with a budget and limits.
struct Crowd {
  std::vector<aigw::config::Key> keys;
  aigw::config::Owner terms;  // of every owner

  explicit Crowd(int count) : keys(static_cast<std::size_t>(count)) {
    terms.limits = {kPlenty, kPlenty, kPlenty};
    terms.budget = one_window();
    terms.budget[0].cost_per_period = 1'000'000 * aigw::kDollar;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys[i].name = "key-" + std::to_string(i);
      keys[i].owner = "owner-" + std::to_string(i / 10);
      keys[i].budget = terms.budget;
      keys[i].limits = terms.limits;
    }
  }
  Meters apply(Counters& counters) const {
    const auto terms_of = [same = terms](const std::string&) { return std::optional(same); };
    return counters.apply_callers(keys, terms_of, aigw::wall_now());
  }
};

void measure_callers(const fs::path& folder) {
  constexpr int kExchanges = 200'000;
  const fs::path data = folder / "callers" / "usage";  // the ledger stands beside it
  const auto counters = open(data);
  const Crowd crowd(10'000);
  Meters callers;
  const auto apply_all = [&] { callers = crowd.apply(*counters); };
  print_row("10,000 keys with budgets and limits: apply_callers", 1e3 * cost_of(apply_all).wall, "ms", 100);
  print_row("  again, by a reload", 1e3 * cost_of(apply_all).wall, "ms", 100);
  print_row("a tick with them", 1e3 * cost_of([&] { counters->tick(aigw::wall_now()); }).wall, "ms");
  const Meters providers = apply(*counters, {1, 1, one_window(), one_window()});
  if (!counters->wallets().credit("owner-0", 800'000'000 * aigw::kDollar, "", "", aigw::wall_now())) std::exit(1);
  std::vector<double> micros;
  for (int round = 0; round <= kRounds; ++round) {
    const Cost cost = cost_of([&] {
      for (int i = 0; i < kExchanges; ++i) exchange(*providers[0], *callers[0]);
    });
    if (round > 0) micros.push_back(cost.cpu * 1e6 / kExchanges);
    counters->tick(aigw::wall_now());
  }
  print_row("CPU of an exchange, own and account's, key, owner, balance", median(micros), "us");
}

// A process that ends without saving leaves its journal to the next one.
void leave_journal(const fs::path& folder, const Setting& setting, int records) {
  const pid_t child = fork();
  if (child == 0) {
    const auto counters = open(folder);
    const Meters meters = apply(*counters, setting);
    for (int i = 0; i < records; ++i) exchange(*meters[static_cast<std::size_t>(i) % meters.size()]);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    std::fprintf(stderr, "counting: no journal was written\n");
    std::exit(1);
  }
}

void measure_replay(const fs::path& folder) {
  constexpr int kRecords = 1'000'000;
  const fs::path data = folder / "replay";
  leave_journal(data, {20, 5, three_windows(), {}}, kRecords);
  const double megabytes = static_cast<double>(fs::file_size(data / "journal")) / 1e6;
  print_row("journal of 1,000,000 records, three windows each", megabytes, "MB");
  std::unique_ptr<Counters> counters;
  const Cost cost = cost_of([&] { counters = open(data); });
  print_row("start with it", cost.wall, "s", 2);
  print_row("  CPU", cost.cpu, "s");
  std::int64_t requests = 0;
  for (const auto& meter : apply(*counters, {20, 5, three_windows(), {}})) {
    requests += meter->state(aigw::wall_now()).total.requests;
  }
  if (requests != kRecords) {
    std::fprintf(stderr, "counting: %lld of the records counted\n", static_cast<long long>(requests));
    std::exit(1);
  }
  counters.reset();
  fs::remove_all(data);
}

// Exchanges at the pace of a busy gateway, until it is destroyed; and how long the slowest took.
class Load {
 public:
  explicit Load(const Meters& meters) : thread_([this, &meters] { run(meters); }) {}
  ~Load() {
    ended_ = true;
    thread_.join();
  }
  // Milliseconds, since the last call.
  double take_longest() { return 1e3 * longest_.exchange(0); }

 private:
  void run(const Meters& meters) {
    for (std::size_t i = 0; !ended_; i = (i + 7) % meters.size()) {
      const double wall = cost_of([&] { exchange(*meters[i]); }).wall;
      if (wall > longest_) longest_ = wall;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  std::atomic<bool> ended_{false};
  std::atomic<double> longest_{0};
  std::thread thread_;
};

void measure_saving(const fs::path& folder) {
  const fs::path data = folder / "saving";
  const auto counters = open(data);
  const Meters meters = apply(*counters, {500, 5, three_windows(), {}});
  aigw::WallTime now = aigw::wall_now();
  // The saving thread's own CPU time.
  const auto save = [&] {
    now += std::chrono::seconds(6);
    const double before = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    const double wall = cost_of([&] { counters->tick(now); }).wall;
    return Cost{clock_seconds(CLOCK_THREAD_CPUTIME_ID) - before, wall};
  };
  const Cost first = save();
  std::vector<double> walls;
  std::vector<double> cpus;
  std::vector<double> holds;
  std::vector<double> usual;
  Load load(meters);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& meter : meters) exchange(*meter);
    load.take_longest();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    usual.push_back(load.take_longest());
    const Cost cost = save();
    holds.push_back(load.take_longest());
    walls.push_back(1e3 * cost.wall);
    cpus.push_back(1e3 * cost.cpu);
  }
  print_row("500 routes x 5 providers: first save, makes the files", 1e3 * first.wall, "ms", 100);
  print_row("  CPU", 1e3 * first.cpu, "ms");
  print_row("later saves, replace them all", median(walls), "ms", 100);
  print_row("  CPU", median(cpus), "ms");
  print_row("slowest exchange meanwhile", *std::max_element(holds.begin(), holds.end()), "ms", 10);
  print_row("  at other times", *std::max_element(usual.begin(), usual.end()), "ms");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "counting [--data /var/tmp]");
  const bench::Scratch scratch(options.text("data", "/var/tmp"));
  bench::print_head();
  measure_saving(scratch.path());  // first: ext4 makes files slowly for minutes after others were removed
  measure_exchanges(scratch.path());
  measure_callers(scratch.path());
  measure_replay(scratch.path());
}
