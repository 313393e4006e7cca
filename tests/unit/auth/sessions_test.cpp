#include "auth/sessions.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

namespace aigw::auth {
namespace {

using std::chrono::hours;

SteadyTime at(Millis since) { return SteadyTime{} + hours{1000} + since; }

std::string begin(Sessions& sessions, const std::string& digest, Millis since = {}) {
  const Result<Secret> token = sessions.begin({digest, {}}, at(since));
  REQUIRE(token);
  return token->reveal();
}

TEST_SUITE("auth/sessions") {
  TEST_CASE("a token leads to what its session was made with, and nothing else does") {
    Sessions sessions;
    const std::string anna = begin(sessions, "digest of anna");
    const std::string bert = begin(sessions, "digest of bert");
    CHECK(anna.size() == 43);  // 256 bits
    CHECK(sessions.find(anna, at(hours{1})).value().digest == "digest of anna");
    CHECK(sessions.find(bert, at(hours{1})).value().digest == "digest of bert");
    for (const std::string& wrong : {std::string(), std::string("x"), anna + "x", anna.substr(1)}) {
      CAPTURE(wrong);
      CHECK_FALSE(sessions.find(wrong, at(hours{1})));
    }
    CHECK(sessions.end(anna));
    CHECK_FALSE(sessions.end(anna));
    CHECK_FALSE(sessions.find(anna, at(hours{1})));
    CHECK(sessions.find(bert, at(hours{1})));
  }

  TEST_CASE("it ends when it was idle for too long, or is too old however busy") {
    constexpr Millis kMoment{1};
    Sessions sessions;
    const std::string idle = begin(sessions, "idle");
    CHECK(sessions.find(idle, at(Sessions::kIdleMax - kMoment)));
    CHECK_FALSE(sessions.find(idle, at(2 * Sessions::kIdleMax - kMoment)));

    const std::string busy = begin(sessions, "busy");
    for (Millis time{0}; time < Sessions::kAgeMax; time += hours{6}) CHECK(sessions.find(busy, at(time)));
    CHECK(sessions.find(busy, at(Sessions::kAgeMax - kMoment)));
    CHECK_FALSE(sessions.find(busy, at(Sessions::kAgeMax)));
    CHECK(sessions.count() == 0);
  }

  TEST_CASE("there is a bound: the one that was unused for longest makes room") {
    Sessions sessions;
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < Sessions::kCountMax; ++i) {
      tokens.push_back(begin(sessions, "d", Millis{static_cast<std::int64_t>(i)}));
    }
    CHECK(std::set<std::string>(tokens.begin(), tokens.end()).size() == Sessions::kCountMax);
    REQUIRE(sessions.find(tokens[0], at(hours{1})));
    begin(sessions, "d", hours{1});
    CHECK(sessions.count() == Sessions::kCountMax);
    CHECK(sessions.find(tokens[0], at(hours{1})));
    CHECK_FALSE(sessions.find(tokens[1], at(hours{1})));
    CHECK(sessions.find(tokens[2], at(hours{1})));
  }

  TEST_CASE("those that are over make room first") {
    Sessions sessions;
    begin(sessions, "old");
    begin(sessions, "new", Sessions::kIdleMax);
    CHECK(sessions.count() == 1);
  }
}

}  // namespace
}  // namespace aigw::auth
