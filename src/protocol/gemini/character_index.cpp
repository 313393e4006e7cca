#include "protocol/gemini/character_index.h"

#include <algorithm>
#include <bit>

namespace aigw::protocol::gemini {
namespace {

constexpr std::size_t kBlockBytes = 64;

}  // namespace

void CharacterIndex::add(std::string_view text) {
  for (const char byte : text) {
    const std::size_t place = size_++ % kBlockBytes;
    if (place == 0) {
      const std::int64_t before = blocks_.empty() ? 0 : blocks_.back().before + std::popcount(blocks_.back().begins);
      blocks_.push_back({before, 0});
    }
    const bool begins = (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    if (begins) blocks_.back().begins |= std::uint64_t{1} << place;
  }
}

std::int64_t CharacterIndex::characters_before(std::int64_t bytes) const {
  const auto known = std::min(std::max<std::int64_t>(bytes, 0), static_cast<std::int64_t>(size_));
  const std::int64_t unknown = std::max<std::int64_t>(bytes, 0) - known;
  if (known == 0) return unknown;
  const auto last = static_cast<std::size_t>(known - 1);
  const Block& block = blocks_[last / kBlockBytes];
  const std::uint64_t behind = kBlockBytes - 1 - last % kBlockBytes;
  return block.before + std::popcount(block.begins << behind) + unknown;
}

}  // namespace aigw::protocol::gemini
