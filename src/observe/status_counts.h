// How often each HTTP status came, of a fixed number of them: what a provider makes up does not grow anything.
//
// Threads: any; add() is wait-free.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace aigw::observe {

class StatusCounts {
 public:
  // Those that providers and the gateway are known to answer. 499: the client left; 529: Anthropic is overloaded.
  static constexpr std::array<int, 25> kKnown = {200, 201, 202, 204, 206, 400, 401, 402, 403, 404, 405, 408, 409,
                                                 410, 413, 415, 422, 429, 499, 500, 501, 502, 503, 504, 529};
  static constexpr std::size_t kSize = kKnown.size() + 2;

  // 0: there was no answer.
  void add(int status) { counts_[index_of(status)].fetch_add(1, std::memory_order_relaxed); }

  // `index` < kSize.
  std::uint64_t at(std::size_t index) const { return counts_[index].load(std::memory_order_relaxed); }
  std::uint64_t of(int status) const { return at(index_of(status)); }
  std::uint64_t sum() const;

  // `200`, `none`, and `other` for those that are not known.
  static const char* label(std::size_t index);

 private:
  static std::size_t index_of(int status);

  std::array<std::atomic<std::uint64_t>, kSize> counts_{};
};

}  // namespace aigw::observe
