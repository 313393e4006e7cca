// How values are spread: how many fell into each of some fixed buckets, and their sum. Whole numbers throughout, so
// that sums are exact: times are nanoseconds.
//
// Threads: any. record() is wait-free: two relaxed additions. Who reads meanwhile may see a value in its bucket and not
// yet in the sum.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace aigw::observe {

class Histogram {
 public:
  using Bounds = std::span<const std::int64_t>;
  static constexpr std::size_t kBoundsMax = 16;

  // `bounds`: the largest value of each bucket but the last, which takes all that is beyond; rising, at most
  // kBoundsMax. They outlive this object.
  explicit Histogram(Bounds bounds) : bounds_(bounds) {}

  // `value` >= 0.
  void record(std::int64_t value);

  Bounds bounds() const { return bounds_; }
  // Values in bucket `index`, 0 … bounds().size().
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  std::int64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const Bounds bounds_;
  std::array<std::atomic<std::uint64_t>, kBoundsMax + 1> buckets_{};
  std::atomic<std::int64_t> sum_{0};
};

// ---- bounds, in nanoseconds or tokens -------------------------------------------------------------
// Those of the OpenTelemetry semantic conventions for generative AI metrics (docs/gen-ai/gen-ai-metrics.md of
// open-telemetry/semantic-conventions-genai, status Development, read 2026-11-21).

inline constexpr std::int64_t kMilli = 1'000'000;  // nanoseconds

// gen_ai.server.request.duration, gen_ai.client.operation.duration and gen_ai.client.operation.time_to_first_chunk
inline constexpr std::array<std::int64_t, 14> kDurationBounds = {
    10 * kMilli,    20 * kMilli,    40 * kMilli,    80 * kMilli,     160 * kMilli,    320 * kMilli,    640 * kMilli,
    1'280 * kMilli, 2'560 * kMilli, 5'120 * kMilli, 10'240 * kMilli, 20'480 * kMilli, 40'960 * kMilli, 81'920 * kMilli};

// gen_ai.server.time_to_first_token
inline constexpr std::array<std::int64_t, 16> kFirstTokenBounds = {
    1 * kMilli,     5 * kMilli,     10 * kMilli,    20 * kMilli,  40 * kMilli,  60 * kMilli,
    80 * kMilli,    100 * kMilli,   250 * kMilli,   500 * kMilli, 750 * kMilli, 1'000 * kMilli,
    2'500 * kMilli, 5'000 * kMilli, 7'500 * kMilli, 10'000 * kMilli};

// gen_ai.server.time_per_output_token
inline constexpr std::array<std::int64_t, 13> kOutputTokenBounds = {
    10 * kMilli,  25 * kMilli,  50 * kMilli,  75 * kMilli,  100 * kMilli,   150 * kMilli,  200 * kMilli,
    300 * kMilli, 400 * kMilli, 500 * kMilli, 750 * kMilli, 1'000 * kMilli, 2'500 * kMilli};

// gen_ai.client.token.usage
inline constexpr std::array<std::int64_t, 14> kTokenBounds = {
    1,      4,      16,      64,        256,       1'024,      4'096,
    16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216, 67'108'864};

// The gateway's own time for an exchange: 25 µs to 1 s.
inline constexpr std::array<std::int64_t, 13> kOverheadBounds = {
    25'000,     50'000,      100'000,     250'000,      500'000,      1 * kMilli,    2'500'000,
    5 * kMilli, 10 * kMilli, 25 * kMilli, 100 * kMilli, 250 * kMilli, 1'000 * kMilli};

}  // namespace aigw::observe
