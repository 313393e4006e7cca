// What is counted: the values that pass between an exchange, its counters, and those who look at them.
//
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"

namespace aigw::usage {

// What files may hold at most: sums of counts must not overflow, and WallTime ends in 2262.
inline constexpr std::int64_t kCountMax = 100'000'000'000'000'000;
inline constexpr std::int64_t kUnixMillisMax = 9'000'000'000'000;

// What one answered exchange used.
struct Used {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool estimated = false;      // the provider did not say; counted from text lengths
  bool error = false;          // it was answered in part and then broke (a stream cut after its first event)
  Millis duration{0};          // from the arrival of the request to the end of its answer
  std::string_view key = "-";  // the name of the client's key, for the history; borrowed for the call
  std::int64_t cached_tokens = 0;  // of the prompt, read from the provider's cache
  NanoDollars cost = 0;        // by the provider's price; 0 also where that is not known
  NanoDollars charge = 0;      // what it costs the owner of the client's key
  bool priced = true;          // false: the provider's price is not known
  std::int64_t tokens() const { return prompt_tokens + completion_tokens; }
};

// What exchanges used together.
struct Counts {
  std::int64_t requests = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;     // the part of prompt_tokens that came from providers' caches
  std::int64_t estimated_tokens = 0;  // the part of tokens() that rests on estimates
  std::int64_t errors = 0;            // exchanges that broke after their first byte, and attempts that failed
  NanoDollars cost = 0;
  std::int64_t unpriced_requests = 0; // the part of requests whose cost is not known, and not in `cost`
  std::int64_t tokens() const { return prompt_tokens + completion_tokens; }
  void add(const Used& used);
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

// What is held, or would be, for an exchange under way.
struct Estimate {
  std::int64_t tokens = 0;  // >= 0
  NanoDollars cost = 0;     // >= 0
};

// One window of a counter: what was used since its last reset, and what may be.
struct WindowState {
  std::string period;                 // base/period.h; empty: it is never reset
  Counts used;
  std::optional<std::int64_t> limit_requests;
  std::optional<std::int64_t> limit_tokens;
  std::optional<NanoDollars> limit_cost;
  std::optional<WallTime> last_reset;  // when its period began; nothing while a rolling one waits for its first request
  std::optional<WallTime> next_reset;  // when it ends; nothing then, and without a quota
  std::uint64_t since = 0;             // the last journal record of its counter (Mark::sequence) before its period
};

// How fast a counter was used in the last hour.
struct Pace {
  double requests_per_hour = 0;
  double tokens_per_hour = 0;
  double cost_per_hour = 0;            // in nano-dollars
};

// One counter as people see it in /admin/stats.
struct CounterState {
  std::vector<WindowState> windows;    // in the order of the config; without a quota one that is never reset
  Counts total;                        // over the counter's life
  std::int64_t reserved_requests = 0;  // in flight
  std::int64_t reserved_tokens = 0;
  NanoDollars reserved_cost = 0;
  Pace pace;
};

}  // namespace aigw::usage
