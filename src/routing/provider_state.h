// What the gateway remembers of one provider of one route while it runs: cooldown, whether it is down, attempts in
// flight, latency, last error, and what the provider turned out not to support. Kept by name over reloads.
//
// Thread-safe: each call is atomic in itself, two calls are not.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"

namespace aigw::routing {

class ProviderState {
 public:
  // ---- cooldown: the provider is skipped until a time ----
  void cool_down(SteadyTime until, std::string reason);   // a later end wins over an earlier one
  std::optional<SteadyTime> cooling_until(SteadyTime now) const;  // nothing from the end on
  std::string cooldown_reason() const;  // of the last cooldown, also when its time is over

  // ---- up or down: for those who watch; a provider that is down is still tried ----
  // An attempt failed by the provider's own fault. Down after kFailuresDown in a row.
  void failed_itself();
  void succeeded();  // up again
  bool is_down() const;
  static constexpr int kFailuresDown = 3;

  // ---- measured ----
  void attempt_started();
  void attempt_ended();  // once for each attempt_started()
  int in_flight() const;
  // Exponential moving average: the first value whole, then a tenth of each new one. Less than 1 ms counts as half
  // a millisecond, so that a provider next door is not taken for one that was never measured.
  void first_token_after(Millis latency);
  double average_latency_ms() const;  // 0: never measured

  struct LastError {
    std::string text;  // `503 overloaded`, `timed out after 60 s`; no credentials
    WallTime at;
  };
  void failed(std::string text, WallTime at);
  std::optional<LastError> last_error() const;

  // ---- learned ----
  // It refused `stream_options`: don't ask for usage again.
  void refuses_usage_option();
  bool usage_option_refused() const;

 private:
  struct Memory {
    std::optional<SteadyTime> cooling_until;
    std::string cooldown_reason;
    double average_latency_ms = 0;
    std::optional<LastError> last_error;
  };

  std::atomic<int> in_flight_{0};
  std::atomic<int> failures_{0};  // in a row, as far as they matter
  std::atomic<bool> usage_option_refused_{false};
  Guarded<Memory> memory_;
};

}  // namespace aigw::routing
