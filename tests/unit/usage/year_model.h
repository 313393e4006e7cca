// What counters must hold, as plainly as it gets: one value a window, and for each cron the list of its firings, which
// going through every minute found. Nothing of the files, the journal and the locks of Counters is in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/cron_oracle.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "usage/counters.h"

namespace aigw::usage::model {

struct Window {
  config::QuotaWindow limit;
  std::vector<WallTime> firings = {};  // of a cron, from before the test begins until after its end
  std::chrono::hours length{0};        // of a rolling window; neither: it is never reset
  Counts used = {};
  std::optional<WallTime> begin = {};
  std::optional<WallTime> end = {};

  bool rolls() const { return length.count() > 0; }

  void start(WallTime now) {
    used = {};
    if (rolls()) return wait();
    const auto next = std::upper_bound(firings.begin(), firings.end(), now);
    begin = *std::prev(next);
    end = *next;
  }
  void wait() { begin = end = std::nullopt; }
  void begin_if_waiting(WallTime now) {
    if (begin) return;
    begin = now;
    end = now + length;
  }

  // By what was used, and by what is held for requests in flight besides.
  bool used_up(std::int64_t requests = 0, std::int64_t tokens = 0) const {
    return (limit.requests_per_period && used.requests + requests >= *limit.requests_per_period) ||
           (limit.tokens_per_period && used.tokens() + tokens >= *limit.tokens_per_period);
  }
};

inline void count(Counts& counts, const Used& used) {
  counts.requests += 1;
  counts.prompt_tokens += used.prompt_tokens;
  counts.completion_tokens += used.completion_tokens;
  if (used.estimated) counts.estimated_tokens += used.prompt_tokens + used.completion_tokens;
  if (used.error) counts.errors += 1;
}

struct Counter {
  std::string model;
  std::string provider;
  std::vector<Window> windows;  // at least one
  Counts total = {};
  std::int64_t reserved_requests = 0;
  std::int64_t reserved_tokens = 0;

  void create(WallTime now) {
    for (Window& window : windows) {
      if (!window.firings.empty()) window.start(now);
      if (!window.rolls()) window.begin = now;
    }
  }

  // Whoever looks at a counter makes the resets that are due.
  void look(WallTime now, std::vector<Reset>& resets) {
    for (Window& window : windows) {
      if (!window.end || now < *window.end) continue;
      resets.push_back({model, provider, window.limit.period_text(), window.used});
      window.start(now);
    }
  }

  bool full() const {
    return std::any_of(windows.begin(), windows.end(),
                       [&](const Window& window) { return window.used_up(reserved_requests, reserved_tokens); });
  }
  // When there may be room again, if it is full.
  WallTime full_until(WallTime now) const {
    WallTime latest = now;
    for (const Window& window : windows) {
      if (!window.used_up(reserved_requests, reserved_tokens)) continue;
      latest = std::max(latest, window.used_up() ? *window.end : now + std::chrono::seconds{1});
    }
    return latest;
  }

  void reserve(std::int64_t tokens, WallTime now) {
    ++reserved_requests;
    reserved_tokens += tokens;
    for (Window& window : windows) window.begin_if_waiting(now);
  }
  void settle(std::int64_t tokens, const Used& used, WallTime now) {
    --reserved_requests;
    reserved_tokens -= tokens;
    for (Window& window : windows) {
      window.begin_if_waiting(now);
      count(window.used, used);
    }
    count(total, used);
  }
  void give_back(std::int64_t tokens) {
    --reserved_requests;
    reserved_tokens -= tokens;
    if (reserved_requests == 0) wait_for_first_request();
  }
  void count_error() {
    for (Window& window : windows) ++window.used.errors;
    ++total.errors;
  }
  // The process has ended: what was in flight is gone.
  void forget_reserved() {
    reserved_requests = reserved_tokens = 0;
    wait_for_first_request();
  }

 private:
  void wait_for_first_request() {
    for (Window& window : windows) {
      if (window.rolls() && window.used.requests == 0) window.wait();
    }
  }
};

inline Window window_of(const config::QuotaWindow& limit, const oracle::WallClock& clock) {
  Window window{limit};
  if (!limit.period.empty()) {
    window.length = std::chrono::hours{std::stoi(limit.period)};  // the tests have hours only
    return window;
  }
  for (const oracle::Minute minute : oracle::firings_of(oracle::Matcher(limit.period_cron), clock)) {
    window.firings.push_back(WallTime{std::chrono::minutes{minute}});
  }
  return window;
}

inline Counter counter_of(const std::string& model, const std::string& provider, const config::Quota& limits,
                          const oracle::WallClock& clock) {
  Counter counter{model, provider, {}};
  for (const config::QuotaWindow& limit : limits) counter.windows.push_back(window_of(limit, clock));
  if (limits.empty()) counter.windows.push_back({config::QuotaWindow{{}, {}, "", ""}});
  return counter;
}

inline bool same(const CounterState& got, const Counter& want) {
  bool same = got.windows.size() == want.windows.size() && got.total == want.total &&
              got.reserved_requests == want.reserved_requests && got.reserved_tokens == want.reserved_tokens;
  for (std::size_t i = 0; same && i < want.windows.size(); ++i) {
    const WindowState& window = got.windows[i];
    const Window& wanted = want.windows[i];
    same = window.used == wanted.used && window.last_reset == wanted.begin && window.next_reset == wanted.end;
  }
  return same;
}

// Texts, made for differences only: they take long.
inline std::string text_of(const Counts& counts) {
  std::string text;
  for (const std::int64_t count : {counts.requests, counts.prompt_tokens, counts.completion_tokens,
                                   counts.estimated_tokens, counts.errors}) {
    text += std::to_string(count) + " ";
  }
  return text;
}

inline std::string text_of(const std::optional<WallTime>& time) { return time ? format_timestamp(*time) : "-"; }

inline std::string text_of(const std::vector<Reset>& resets) {
  std::vector<std::string> lines;
  for (const Reset& reset : resets) {
    lines.push_back(reset.model + "/" + reset.provider + " (" + reset.cause + "): " + text_of(reset.before) + "\n");
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

inline std::string text_of(const CounterState& state) {
  std::string text = "reserved " + std::to_string(state.reserved_requests) + " " +
                     std::to_string(state.reserved_tokens) + ", total " + text_of(state.total) + "\n";
  for (const WindowState& window : state.windows) {
    text += window.period + ": " + text_of(window.used) + text_of(window.last_reset) + " " +
            text_of(window.next_reset) + "\n";
  }
  return text;
}

inline std::string text_of(const Counter& counter) {
  CounterState state{{}, counter.total, counter.reserved_requests, counter.reserved_tokens, 0, {}};
  for (const Window& window : counter.windows) {
    state.windows.push_back({window.limit.period_text(), window.used, {}, {}, {}, window.begin, window.end});
  }
  return text_of(state);
}

}  // namespace aigw::usage::model
