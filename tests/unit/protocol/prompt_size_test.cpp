#include "protocol/prompt_size.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw::protocol {
namespace {

// Text of that many bytes, as people write.
std::string prose(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "seven b ";
  return text.substr(0, bytes);
}

std::string file(std::size_t bytes) { return std::string(bytes, 'A'); }

}  // namespace

TEST_SUITE("protocol/prompt_size") {

TEST_CASE("text has a token for every four bytes, the last of them begun") {
  CHECK(prompt_tokens("") == 0);
  CHECK(prompt_tokens("a") == 1);
  CHECK(prompt_tokens("abcd") == 1);
  CHECK(prompt_tokens("abcde") == 2);
  CHECK(prompt_tokens(prose(4'000)) == 1'000);
  CHECK(prompt_tokens(prose(1'000'000)) == 250'000);
}

TEST_CASE("a file in base64 counts 1600 tokens, however large it is") {
  for (const std::size_t bytes : {1'024U, 1'025U, 5'000U, 1'000'000U}) {
    CAPTURE(bytes);
    CHECK(prompt_tokens("\"" + file(bytes) + "\"  ") == 1 + 1'600);
  }
}

TEST_CASE("a file is found wherever it stands") {
  for (std::size_t before = 0; before < 1'100; ++before) {
    CAPTURE(before);
    CHECK(prompt_tokens(std::string(before, ' ') + file(1'024) + std::string(4'096 - before, ' ')) == 1'024 + 1'600);
  }
}

TEST_CASE("every alphabet of base64 is known") {
  CHECK(prompt_tokens(" " + std::string(600, '+') + std::string(600, '/') + "== ") == 1 + 1'600);
  CHECK(prompt_tokens(" " + std::string(600, '-') + std::string(600, '_') + " ") == 1 + 1'600);
}

TEST_CASE("a shorter run is text") {
  CHECK(prompt_tokens(" " + file(1'022) + " ") == 256);
  CHECK(prompt_tokens(" " + file(1'023) + " " + file(1'023)) == 512);
}

TEST_CASE("several files count each for itself, and the text between them too") {
  const std::string body = "{\"a\":\"" + file(3'000) + "\",\"b\":\"" + file(2'000) + "\"," + prose(4'000 - 17) + "}";
  CHECK(prompt_tokens(body) == 1'000 + 2 * 1'600);
}

}  // TEST_SUITE

}  // namespace aigw::protocol
