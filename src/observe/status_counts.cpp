#include "observe/status_counts.h"

namespace aigw::observe {
namespace {

constexpr std::size_t kNoneIndex = StatusCounts::kKnown.size();
constexpr std::size_t kOtherIndex = kNoneIndex + 1;
constexpr int kStatusEnd = 600;

constexpr auto kIndexes = [] {
  std::array<std::uint8_t, kStatusEnd> indexes{};
  for (auto& index : indexes) index = kOtherIndex;
  indexes[0] = kNoneIndex;
  for (std::size_t i = 0; i < StatusCounts::kKnown.size(); ++i) {
    indexes[static_cast<std::size_t>(StatusCounts::kKnown[i])] = static_cast<std::uint8_t>(i);
  }
  return indexes;
}();

constexpr std::array<const char*, StatusCounts::kSize> kLabels = {
    "200", "201", "202", "204", "206", "400", "401", "402", "403", "404", "405", "408", "409",  "410",
    "413", "415", "422", "429", "499", "500", "501", "502", "503", "504", "529", "none", "other"};

}  // namespace

std::uint64_t StatusCounts::sum() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kSize; ++i) sum += at(i);
  return sum;
}

const char* StatusCounts::label(std::size_t index) { return kLabels[index]; }

std::size_t StatusCounts::index_of(int status) {
  return status < 0 || status >= kStatusEnd ? kOtherIndex : kIndexes[static_cast<std::size_t>(status)];
}

}  // namespace aigw::observe
