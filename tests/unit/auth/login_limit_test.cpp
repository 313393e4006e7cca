#include "auth/login_limit.h"

#include <doctest/doctest.h>

namespace aigw::auth {
namespace {

SteadyTime at(Millis since) { return SteadyTime{} + std::chrono::hours{1000} + since; }

// Tries until one is refused, at most a hundred; how many were let through.
int tries(LoginLimit& limit, std::string_view address, Millis since = {}) {
  int count = 0;
  while (count < 100 && !limit.refuse(address, at(since))) ++count;
  return count;
}

TEST_SUITE("auth/login_limit") {
  TEST_CASE("an address has ten tries a minute, and is told when it may try again") {
    LoginLimit limit;
    CHECK(tries(limit, "10.0.0.1") == LoginLimit::kFailuresMax);
    CHECK(limit.refuse("10.0.0.1", at(Millis{15'000})) == Millis{45'000});
    CHECK(tries(limit, "10.0.0.2", Millis{15'000}) == LoginLimit::kFailuresMax);
    CHECK(limit.refuse("10.0.0.1", at(LoginLimit::kWindow - Millis{1})));
    CHECK(tries(limit, "10.0.0.1", LoginLimit::kWindow) == LoginLimit::kFailuresMax);
  }

  TEST_CASE("a good key takes back what the wrong ones have cost") {
    LoginLimit limit;
    for (int i = 0; i < LoginLimit::kFailuresMax - 1; ++i) CHECK_FALSE(limit.refuse("10.0.0.1", at({})));
    limit.succeeded("10.0.0.1");
    CHECK(tries(limit, "10.0.0.1") == LoginLimit::kFailuresMax);
  }

  TEST_CASE("of IPv6 the network counts, of IPv4 the address, also on a socket for both") {
    LoginLimit limit;
    CHECK(tries(limit, "2001:db8:1:2::1") == LoginLimit::kFailuresMax);
    CHECK(tries(limit, "2001:db8:1:2:ffff::9") == 0);
    CHECK(tries(limit, "2001:db8:1:3::1") == LoginLimit::kFailuresMax);
    CHECK(tries(limit, "::ffff:10.0.0.1") == LoginLimit::kFailuresMax);
    CHECK(tries(limit, "::ffff:10.0.0.2") == LoginLimit::kFailuresMax);
    CHECK(tries(limit, "no address") == LoginLimit::kFailuresMax);
  }

  TEST_CASE("more addresses than are remembered take the place of those that began first") {
    LoginLimit limit;
    CHECK(tries(limit, "first") == LoginLimit::kFailuresMax);
    for (std::size_t i = 0; i < LoginLimit::kNetworksMax - 1; ++i) {
      CHECK_FALSE(limit.refuse("n" + std::to_string(i), at(Millis{1})));
    }
    CHECK(tries(limit, "first", Millis{2}) == 0);
    CHECK_FALSE(limit.refuse("one more", at(Millis{2})));
    CHECK(tries(limit, "first", Millis{3}) == LoginLimit::kFailuresMax);
  }
}

}  // namespace
}  // namespace aigw::auth
