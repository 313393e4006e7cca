#include "routing/provider_state.h"

#include <algorithm>
#include <utility>

#include "routing/moving_average.h"

namespace aigw::routing {
namespace {

constexpr double kLatencyMinMs = 0.5;

}  // namespace

void ProviderState::cool_down(SteadyTime until, std::string reason) {
  memory_.with([&](Memory& memory) {
    if (memory.cooling_until && *memory.cooling_until >= until) return;
    memory.cooling_until = until;
    memory.cooldown_reason = std::move(reason);
  });
}

std::optional<SteadyTime> ProviderState::cooling_until(SteadyTime now) const {
  const auto until = memory_.with([](const Memory& memory) { return memory.cooling_until; });
  if (!until || *until <= now) return std::nullopt;
  return until;
}

std::string ProviderState::cooldown_reason() const {
  return memory_.with([](const Memory& memory) { return memory.cooldown_reason; });
}

// A state that stays as it is is not written: every exchange comes by here, from any thread.
void ProviderState::failed_itself() {
  if (!is_down()) failures_.fetch_add(1, std::memory_order_relaxed);
}

void ProviderState::succeeded() {
  if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
}

bool ProviderState::is_down() const { return failures_.load(std::memory_order_relaxed) >= kFailuresDown; }

void ProviderState::attempt_started() { in_flight_.fetch_add(1, std::memory_order_relaxed); }

void ProviderState::attempt_ended() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

int ProviderState::in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

void ProviderState::first_token_after(Millis latency) {
  const double value_ms = std::max(static_cast<double>(latency.count()), kLatencyMinMs);
  memory_.with([&](Memory& memory) {
    double& average_ms = memory.average_latency_ms;
    average_ms = moving_average(average_ms, value_ms);
  });
}

double ProviderState::average_latency_ms() const {
  return memory_.with([](const Memory& memory) { return memory.average_latency_ms; });
}

void ProviderState::failed(std::string text, WallTime at) {
  memory_.with([&](Memory& memory) { memory.last_error = LastError{std::move(text), at}; });
}

std::optional<ProviderState::LastError> ProviderState::last_error() const {
  return memory_.with([](const Memory& memory) { return memory.last_error; });
}

void ProviderState::refuses_usage_option() { usage_option_refused_.store(true, std::memory_order_relaxed); }

bool ProviderState::usage_option_refused() const { return usage_option_refused_.load(std::memory_order_relaxed); }

}  // namespace aigw::routing
