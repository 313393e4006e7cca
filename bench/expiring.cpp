// Which strategy leaves the least of the free quotas unused: a simulated month of traffic over free providers with
// different resets, and a paid one behind them. The gateway's own scheduler and counters decide; only the clock, the
// requests and the providers are made up. Prints a table; equal builds print the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "options.h"
#include "routing/scheduler.h"
#include "scratch.h"
#include "traffic.h"
#include "usage/counters.h"

namespace {

namespace fs = std::filesystem;
using aigw::WallTime;
using aigw::config::QuotaWindow;
using aigw::config::Quota;
using aigw::config::Strategy;

constexpr char kModel[] = "simulated";
constexpr int kDays = 28;  // February 2027: a whole month of whole weeks
constexpr WallTime kBegin = std::chrono::sys_days{std::chrono::February / 1 / 2027};
constexpr Strategy kStrategies[] = {Strategy::Weighted, Strategy::RoundRobin, Strategy::Random, Strategy::Expiring};
constexpr double kDemands[] = {0.5, 0.8, 1.0, 1.25, 2.0};

QuotaWindow limit(std::optional<std::int64_t> requests, std::optional<std::int64_t> tokens, const char* cron) {
  return {requests, tokens, cron, ""};
}

QuotaWindow rolling(std::int64_t requests, const char* period) { return {requests, std::nullopt, "", period}; }

struct Free {
  const char* name;
  Quota limits;  // the last one is what it gives in the long run
  int per_day;        // requests, for that; also its weight, as a careful user would set it
};

std::vector<Free> free_providers() {
  return {
      {"until-midnight", {limit(10, {}, "* * * * *"), limit(400, {}, "0 0 * * *")}, 400},
      {"until-nine", {limit(300, {}, "0 9 * * *")}, 300},
      {"tokens-until-five", {limit({}, 390'000, "0 17 * * *")}, 260},
      {"subscription", {rolling(60, "5h"), limit(900, {}, "0 0 * * 1")}, 128},
      {"hourly", {limit(10, {}, "0 * * * *")}, 240},
      {"monthly", {limit(6000, {}, "0 0 1 * *")}, 214},
  };
}

aigw::config::Route route_of(Strategy strategy) {
  aigw::config::Route route;
  route.model = kModel;
  route.strategy = strategy;
  for (const Free& free : free_providers()) {
    aigw::config::Provider provider;
    provider.name = free.name;
    provider.weight = free.per_day;
    provider.quota = free.limits;
    route.providers.push_back(provider);
  }
  aigw::config::Provider paid;
  paid.name = "paid";
  paid.priority = 2;
  route.providers.push_back(paid);
  return route;
}

// One month with one strategy.
class Month {
 public:
  struct Outcome {
    double offered = 0;  // free quota in the windows that ended, in requests
    double used = 0;     // of it
    int paid = 0;        // requests that no free provider had room for
  };

  Month(Strategy strategy, const fs::path& folder, double tokens_per_request)
      : route_(route_of(strategy)), scheduler_(route_, 1), tokens_per_request_(tokens_per_request) {
    auto opened = aigw::usage::Counters::open(
        folder, [this](const auto& reset) { count(reset); }, [](const std::string&) {}, kBegin);
    if (!opened) {
      std::fprintf(stderr, "expiring: %s\n", opened.error().detail.c_str());
      std::exit(1);
    }
    counters_ = std::move(*opened);
    aigw::config::Config config;
    config.routes.push_back(route_);
    counters_->apply(config, kBegin);
    for (const auto& provider : route_.providers) meters_.push_back(counters_->meter(kModel, provider.name));
  }

  Outcome run(const std::vector<bench::Arrival>& arrivals) {
    WallTime hour = kBegin;
    const auto advance_to = [&](WallTime time) {
      for (; hour <= time; hour += std::chrono::hours(1)) begin_hour(hour);
    };
    for (const bench::Arrival& arrival : arrivals) {
      advance_to(arrival.time);
      serve(arrival);
    }
    advance_to(kBegin + std::chrono::days(kDays));
    return outcome_;
  }

 private:
  // So that no window ends unseen; and the files and the journal, once a day.
  void begin_hour(WallTime hour) {
    for (const auto& meter : meters_) static_cast<void>(meter->state(hour));
    if (hour == std::chrono::floor<std::chrono::days>(hour)) counters_->tick(hour);
  }

  void serve(const bench::Arrival& arrival) {
    const std::size_t chosen = scheduler_.pick(candidates(arrival.time)).value();
    const aigw::Now now{arrival.time, aigw::SteadyTime(arrival.time.time_since_epoch())};
    auto reservation = meters_[chosen]->reserve({arrival.tokens}, now);
    aigw::usage::Used used;
    used.prompt_tokens = arrival.tokens;
    reservation->settle(used, now);
    if (chosen + 1 == meters_.size()) ++outcome_.paid;
  }

  // As the gateway makes them.
  std::vector<aigw::routing::Candidate> candidates(WallTime now) const {
    std::vector<aigw::routing::Candidate> candidates;
    for (std::size_t i = 0; i < meters_.size(); ++i) {
      if (meters_[i]->full_until(now)) continue;
      aigw::routing::Candidate candidate{i};
      if (route_.strategy == Strategy::Expiring) {
        const aigw::usage::Forecast forecast = meters_[i]->forecast(now);
        candidate.quota_expires = forecast.expires;
        candidate.quota_unused_share = forecast.unused_share;
      }
      candidates.push_back(candidate);
    }
    return candidates;
  }

  void count(const aigw::usage::Reset& reset) {
    for (const auto& provider : route_.providers) {
      if (provider.name != reset.provider || provider.quota.empty()) continue;
      const QuotaWindow& limit = provider.quota.back();
      if (limit.period_text() != reset.cause) return;
      const double offered = limit.requests_per_period
                                 ? static_cast<double>(*limit.requests_per_period)
                                 : static_cast<double>(*limit.tokens_per_period) / tokens_per_request_;
      const double used = limit.requests_per_period ? static_cast<double>(reset.before.requests)
                                                    : static_cast<double>(reset.before.tokens()) / tokens_per_request_;
      outcome_.offered += offered;
      outcome_.used += std::min(used, offered);
    }
  }

  const aigw::config::Route route_;
  aigw::routing::Scheduler scheduler_;
  const double tokens_per_request_;
  std::unique_ptr<aigw::usage::Counters> counters_;
  std::vector<std::shared_ptr<aigw::usage::Meter>> meters_;
  Outcome outcome_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "expiring [--data DIR] [--seed 1]");
  setenv("TZ", "UTC0", 1);
  tzset();
  const bench::Scratch scratch(options.text("data", fs::temp_directory_path().string()));
  const auto seed = static_cast<std::uint64_t>(options.number("seed", 1));
  int free_per_day = 0;
  for (const Free& free : free_providers()) free_per_day += free.per_day;

  std::printf("%-8s %-13s %9s %14s %12s\n", "demand", "strategy", "requests", "unused quota", "paid for");
  for (const double demand : kDemands) {
    const auto arrivals = bench::synthetic_traffic(kBegin, kDays, demand * free_per_day, seed);
    const double tokens = std::accumulate(arrivals.begin(), arrivals.end(), 0.0, [](double sum, const auto& arrival) {
      return sum + static_cast<double>(arrival.tokens);
    });
    for (const Strategy strategy : kStrategies) {
      const fs::path folder = scratch.path() / (std::to_string(demand) + to_string(strategy));
      const auto outcome = Month(strategy, folder, tokens / static_cast<double>(arrivals.size())).run(arrivals);
      std::printf("%5.0f %%  %-13s %9zu %12.1f %% %12d\n", demand * 100, to_string(strategy), arrivals.size(),
                  100 * (1 - outcome.used / outcome.offered), outcome.paid);
    }
  }
}
