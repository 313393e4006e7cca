// Where the characters of a growing text begin: Google tells places in bytes, OpenAI in characters.
//
// Not thread-safe. Holds a quarter of the text's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace aigw::protocol::gemini {

class CharacterIndex {
 public:
  // The next piece of the text, UTF-8. It may end inside of a character.
  void add(std::string_view text);

  // How many characters begin in front of byte `bytes`, in constant time. A byte that is not there yet counts as one.
  std::int64_t characters_before(std::int64_t bytes) const;

 private:
  struct Block {
    std::int64_t before = 0;   // characters in front of it
    std::uint64_t begins = 0;  // one bit for each of its 64 bytes: whether a character begins there
  };

  std::vector<Block> blocks_;
  std::size_t size_ = 0;  // bytes of the text
};

}  // namespace aigw::protocol::gemini
