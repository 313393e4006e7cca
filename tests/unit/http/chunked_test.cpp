#include "http/chunked.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace aigw::http {
namespace {

// What the reader gives for a coded body that arrives in pieces of `step` bytes, and how it ended: 0 or -1.
std::pair<std::string, ssize_t> decoded(const std::string& coded, std::size_t step) {
  std::size_t at = 0;
  const ByteSource source = [&](char* data, std::size_t size) -> ssize_t {
    const std::size_t count = std::min({size, step, coded.size() - at});
    std::memcpy(data, coded.data() + at, count);
    at += count;
    return static_cast<ssize_t>(count);
  };
  ChunkedReader reader(source);
  std::string text;
  for (;;) {
    char piece[7];
    const ssize_t count = reader.read(piece, sizeof piece);
    if (count <= 0) return {text, count};
    text.append(piece, static_cast<std::size_t>(count));
  }
}

}  // namespace

TEST_SUITE("http/chunked") {

TEST_CASE("sound chunks are joined, wherever reads end") {
  struct Row {
    std::string coded;
    std::string text;
  };
  const Row rows[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"2\r\nhe\r\n00003\r\nllo\r\n000\r\n\r\n", "hello"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"a;name=value\r\n0123456789\r\n0;last\r\n\r\n", "0123456789"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
      {"1\r\nx\r\n0\r\nDigest: abc\r\nX: y\r\n\r\n", "x"},
  };
  for (const Row& row : rows) {
    for (const std::size_t step : {1u, 2u, 3u, 100u}) {
      CAPTURE(row.coded);
      CAPTURE(step);
      CHECK(decoded(row.coded, step) == std::pair(row.text, ssize_t{0}));
    }
  }
}

TEST_CASE("what could be read in two ways, or ends early, is refused") {
  for (const std::string& coded :
       {std::string(""), std::string("5"), std::string("5\r\nhel"), std::string("5\r\nhello"), std::string("5\r\nhello\r\n"),
        std::string("5\r\nhello\r\n0\r\n"), std::string("0x5\r\nhello\r\n0\r\n\r\n"), std::string("+5\r\nhello\r\n0\r\n\r\n"),
        std::string(" 5\r\nhello\r\n0\r\n\r\n"), std::string("5 \r\nhello\r\n0\r\n\r\n"), std::string("-1\r\nhello\r\n0\r\n\r\n"),
        std::string("5\nhello\n0\n\n"), std::string("5\r\nhello0\r\n\r\n"), std::string("\r\nhello\r\n0\r\n\r\n"),
        std::string("1000000000000000\r\nx"), std::string("5;a\nb\r\nhello\r\n0\r\n\r\n"), std::string("0\r\nX: y\n\r\n"),
        "5;" + std::string(5000, 'x') + "\r\nhello\r\n0\r\n\r\n", "0\r\n" + std::string(20'000, 'x') + "\r\n\r\n"}) {
    CAPTURE(coded.substr(0, 40));
    CHECK(decoded(coded, 100).second == -1);
  }
}

}  // TEST_SUITE

}  // namespace aigw::http
