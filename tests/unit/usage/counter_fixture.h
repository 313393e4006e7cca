// A counter without a folder, used as exchanges use it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "usage/counter.h"
#include "usage/counters_fixture.h"
#include "usage/quotas.h"

namespace aigw::usage {

inline constexpr std::chrono::hours kDay{24};

// `requests` of each window.
using Requests = std::vector<std::int64_t>;

inline Record settle(const Quotas& quotas, std::int64_t reserved, const Used& used, WallTime now, Resets& resets) {
  Record record{now, used, {}, {}};
  quotas.settle({reserved}, used, now, record.marks, resets);
  return record;
}

inline std::vector<std::shared_ptr<Counter>> without_null(std::vector<std::shared_ptr<Counter>> counters) {
  std::erase(counters, nullptr);
  return counters;
}

struct UsedCounter {
  explicit UsedCounter(const config::Quota& limits, WallTime now = noon(),
                       const std::shared_ptr<Counter>& account = nullptr)
      : counter(std::make_shared<Counter>("gpt", "one", now)), quotas(without_null({counter, account})) {
    configure(limits, now);
  }
  explicit UsedCounter(const std::string& cron = "0 0 * * *")
      : UsedCounter(config::Quota{limit_of(100, std::nullopt, cron)}) {}

  void configure(const config::Quota& limits, WallTime now) { counter->configure(limits, now, resets); }
  void configure(const std::string& cron, WallTime now) { configure({limit_of(100, std::nullopt, cron)}, now); }

  bool reserve(WallTime now) { return quotas.reserve({10}, now, resets); }
  Record settle(WallTime now) { return usage::settle(quotas, 10, {7, 3}, now, resets); }
  bool use(WallTime now) {
    if (!reserve(now)) return false;
    settle(now);
    return true;
  }

  CounterState state(WallTime now) { return counter->state(now, resets); }
  WindowState window(WallTime now, std::size_t index = 0) { return state(now).windows.at(index); }
  Requests requests(WallTime now) {
    Requests result;
    for (const WindowState& each : state(now).windows) result.push_back(each.used.requests);
    return result;
  }
  std::optional<WallTime> full_until(WallTime now) { return quotas.full_until(now, resets); }

  std::shared_ptr<Counter> counter;
  Quotas quotas;
  Resets resets;
};

}  // namespace aigw::usage
