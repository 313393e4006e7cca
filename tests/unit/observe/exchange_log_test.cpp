#include "observe/exchange_log.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::observe {

TEST_SUITE("observe/exchange_log") {

TEST_CASE("of a share of 0 none is written, of 1 all are") {
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = "req_" + std::to_string(i);
    REQUIRE_FALSE(sampled(id, 0));
    REQUIRE(sampled(id, 1));
  }
  CHECK_FALSE(sampled("", 0));
  CHECK(sampled("", 1));
}

// Ids that count up are less even than random ones.
TEST_CASE("a share is kept to, roughly, whatever the ids look like") {
  struct Row {
    const char* name;
    std::string before;
    std::string after;
  };
  for (const Row& row : {Row{"numbers", "", ""}, Row{"numbers at the end", "req_0123456789abcdef", ""},
                         Row{"numbers at the start", "", "-7f0e2c4d-8a1b-4c3d-9e5f"}}) {
    for (const double share : {0.01, 0.1, 0.5, 0.9}) {
      CAPTURE(row.name);
      CAPTURE(share);
      int written = 0;
      for (int i = 0; i < 100'000; ++i) written += sampled(row.before + std::to_string(i) + row.after, share) ? 1 : 0;
      CHECK(written == doctest::Approx(100'000 * share).epsilon(0.4));
    }
  }
}

TEST_CASE("an id is the same each time, and among a larger share if it is among a smaller one") {
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = "id-" + std::to_string(i);
    CAPTURE(id);
    bool before = false;
    for (const double share : {0.0, 0.1, 0.3, 0.7, 1.0}) {
      const bool now = sampled(id, share);
      REQUIRE(now == sampled(id, share));
      REQUIRE((now || !before));
      before = now;
    }
  }
}

}

}  // namespace aigw::observe
