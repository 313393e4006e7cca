#include "traffic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace bench {
namespace {

constexpr int kMinutesPerDay = 24 * 60;
constexpr std::int64_t kTokensLeast = 200;
constexpr double kTokensMore = 1300;  // on average

constexpr std::array<double, 24> kOfHour = {2,  1,  1,  1, 1, 2, 4, 8, 14, 18, 20, 19,
                                            15, 17, 20, 19, 17, 13, 9, 7, 6, 5, 4, 3};
constexpr std::array<double, 7> kOfWeekday = {1.2, 1.2, 1.25, 1.2, 1.1, 0.55, 0.5};  // from Monday

constexpr double kBurst = 8;                     // times the usual
constexpr double kMinutesBetweenBursts = 9 * 60;  // on average
constexpr double kBurstMinutesLeast = 10;
constexpr double kBurstMinutesMore = 15;  // on average

// The distributions of <random> differ between standard libraries; its generators do not.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : generator_(seed) {}
  double uniform() { return static_cast<double>(generator_() >> 11) * 0x1p-53; }  // [0, 1)
  double exponential(double mean) { return -std::log(1 - uniform()) * mean; }
  int poisson(double mean) {
    int count = 0;
    for (double product = uniform(); product > std::exp(-mean); product *= uniform()) ++count;
    return count;
  }

 private:
  std::mt19937_64 generator_;
};

// How much is asked for in each minute; the mean is 1.
std::vector<double> intensity_of(int days, Chance& chance) {
  std::vector<double> minutes(static_cast<std::size_t>(days) * kMinutesPerDay);
  double mood = 1;
  double burst_from = 0;
  double burst_until = 0;
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    const std::size_t day = i / kMinutesPerDay;
    const auto minute = static_cast<double>(i);
    if (i % kMinutesPerDay == 0) mood = 0.6 + 0.8 * chance.uniform();
    if (minute >= burst_until) {
      burst_from = minute + chance.exponential(kMinutesBetweenBursts);
      burst_until = burst_from + kBurstMinutesLeast + chance.exponential(kBurstMinutesMore);
    }
    minutes[i] = kOfHour[i % kMinutesPerDay / 60] * kOfWeekday[day % 7] * mood;
    if (minute >= burst_from) minutes[i] *= kBurst;
  }
  const double mean = std::accumulate(minutes.begin(), minutes.end(), 0.0) / static_cast<double>(minutes.size());
  for (double& value : minutes) value /= mean;
  return minutes;
}

}  // namespace

std::vector<Arrival> synthetic_traffic(aigw::WallTime begin, int days, double per_day, std::uint64_t seed) {
  Chance chance(seed);
  const std::vector<double> intensity = intensity_of(days, chance);
  std::vector<Arrival> arrivals;
  for (std::size_t i = 0; i < intensity.size(); ++i) {
    const aigw::WallTime minute = begin + std::chrono::minutes(i);
    const std::size_t first = arrivals.size();
    for (int n = chance.poisson(intensity[i] * per_day / kMinutesPerDay); n > 0; --n) {
      const auto offset = std::chrono::milliseconds(static_cast<int>(chance.uniform() * 60'000));
      const auto more = static_cast<std::int64_t>(chance.exponential(kTokensMore));
      arrivals.push_back({minute + offset, kTokensLeast + more});
    }
    std::stable_sort(arrivals.begin() + static_cast<std::ptrdiff_t>(first), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.time < b.time; });
  }
  return arrivals;
}

}  // namespace bench
