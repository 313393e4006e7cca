#include "observe/gzip.h"

#include <doctest/doctest.h>

#include <string>
#include <zlib.h>

namespace aigw::observe {
namespace {

std::string unpacked(const std::string& packed, std::size_t size) {
  std::string text(size + 1, '\0');
  std::string input = packed;
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  constexpr int kGzipOnly = 15 + 16;
  REQUIRE(inflateInit2(&stream, kGzipOnly) == Z_OK);
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

}  // namespace

TEST_SUITE("observe/gzip") {
  TEST_CASE("what is packed can be unpacked") {
    std::string noise;
    for (unsigned state = 1; noise.size() < 100'000; state = state * 1664525 + 1013904223) {
      noise += static_cast<char>(state >> 24);
    }
    for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise}) {
      CAPTURE(text.size());
      const auto packed = gzip(text);
      REQUIRE(packed);
      CHECK(unpacked(*packed, text.size()) == text);
    }
    CHECK(gzip(std::string(1'000'000, 'x'))->size() < 10'000);
  }
}

}  // namespace aigw::observe
