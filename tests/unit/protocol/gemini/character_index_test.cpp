#include "protocol/gemini/character_index.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace aigw::protocol::gemini {

TEST_SUITE("protocol/gemini/character_index") {
  TEST_CASE("bytes are counted as characters, however the text is cut") {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "hé€😀";
    for (const std::size_t length : {1UL, 3UL, 64UL, 1000UL}) {
      CAPTURE(length);
      CharacterIndex index;
      for (std::size_t at = 0; at < text.size(); at += length) index.add(std::string_view(text).substr(at, length));
      std::int64_t characters = 0;
      for (std::size_t at = 0; at < text.size(); ++at) {
        CHECK(index.characters_before(static_cast<std::int64_t>(at)) == characters);
        characters += (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U ? 1 : 0;
      }
      CHECK(index.characters_before(static_cast<std::int64_t>(text.size())) == 200);
    }
  }

  TEST_CASE("places outside of the text do no harm") {
    CharacterIndex index;
    CHECK(index.characters_before(0) == 0);
    CHECK(index.characters_before(7) == 7);
    index.add("é");
    CHECK(index.characters_before(-1) == 0);
    CHECK(index.characters_before(5) == 4);
  }
}

}  // namespace aigw::protocol::gemini
