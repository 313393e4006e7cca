#include "observe/histogram.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace aigw::observe {
namespace {

constexpr std::array<std::int64_t, 3> kThreeBounds = {10, 100, 1'000};

template <std::size_t Size>
bool rises(const std::array<std::int64_t, Size>& bounds) {
  bool rising = bounds[0] > 0;
  for (std::size_t i = 1; i < Size; ++i) rising = rising && bounds[i - 1] < bounds[i];
  return rising && Size <= Histogram::kBoundsMax;
}

TEST_SUITE("observe/histogram") {
  TEST_CASE("a bucket's bound is part of it") {
    struct Row {
      std::int64_t value;
      std::size_t bucket;
    };
    for (const Row& row : {Row{0, 0}, Row{1, 0}, Row{10, 0}, Row{11, 1}, Row{100, 1}, Row{101, 2}, Row{1'000, 2},
                           Row{1'001, 3}, Row{std::numeric_limits<std::int64_t>::max(), 3}}) {
      CAPTURE(row.value);
      Histogram histogram(kThreeBounds);
      histogram.record(row.value);
      for (std::size_t i = 0; i <= kThreeBounds.size(); ++i) {
        CAPTURE(i);
        CHECK(histogram.bucket(i) == (i == row.bucket ? 1U : 0U));
      }
      CHECK(histogram.sum() == row.value);
    }
  }

  TEST_CASE("sums are exact where those of a double are not") {
    Histogram histogram(kThreeBounds);
    constexpr std::int64_t kBig = 9'007'199'254'740'992;  // 2^53
    for (const std::int64_t value : {kBig, std::int64_t{1}, std::int64_t{1}}) histogram.record(value);
    CHECK(histogram.sum() == kBig + 2);
    CHECK(histogram.bucket(0) == 2);
    CHECK(histogram.bucket(3) == 1);
  }

  TEST_CASE("bounds rise, and there are no more than fit") {
    CHECK(rises(kDurationBounds));
    CHECK(rises(kFirstTokenBounds));
    CHECK(rises(kOutputTokenBounds));
    CHECK(rises(kTokenBounds));
    CHECK(rises(kOverheadBounds));
  }
}

}  // namespace
}  // namespace aigw::observe
