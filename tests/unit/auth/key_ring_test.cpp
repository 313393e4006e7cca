#include "auth/key_ring.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "auth/key_secret.h"
#include "base/timestamp.h"

namespace aigw::auth {
namespace {

config::Key key_of(const std::string& name, const std::vector<config::KeyDigest>& digests) {
  config::Key key;
  key.name = name;
  key.digests = digests;
  return key;
}

config::KeyDigest good_for_ever(const std::string& secret) { return {digest_of(secret), std::nullopt}; }

WallTime noon() { return parse_timestamp("2026-11-21T12:00:00Z").value_or(WallTime()); }

TEST_SUITE("auth/key_ring") {
  TEST_CASE("each of ten thousand secrets finds its key, and nothing else does") {
    constexpr std::size_t kKeys = 10'000;
    std::vector<config::Key> keys;
    for (std::size_t i = 0; i < kKeys; ++i) {
      const std::string number = std::to_string(i);
      keys.push_back(key_of("key-" + number, {good_for_ever("secret-" + number)}));
    }
    const KeyRing ring(keys);
    CHECK(ring.keys() == keys);
    for (std::size_t i = 0; i < kKeys; ++i) {
      const std::string secret = "secret-" + std::to_string(i);
      CAPTURE(secret);
      CHECK(ring.find(secret, noon()) == i);
      CHECK(ring.find_name(keys[i].name) == i);
      CHECK_FALSE(ring.find(secret + "x", noon()));
      CHECK_FALSE(ring.find(keys[i].digests.front().sha256, noon()));
    }
    CHECK_FALSE(ring.find("", noon()));
    CHECK_FALSE(ring.find_name("key-10000"));
    CHECK_FALSE(ring.find_name(""));
  }

  TEST_CASE("without keys nothing is found") {
    const KeyRing ring({});
    CHECK_FALSE(ring.find("secret", noon()));
    CHECK_FALSE(ring.find("", noon()));
    CHECK_FALSE(ring.find_name("laptop"));
  }

  TEST_CASE("expired and disabled keys are found, for their caller to be told so") {
    config::Key key = key_of("laptop", {good_for_ever("secret")});
    key.enabled = false;
    key.expires = noon() - std::chrono::hours(1);
    CHECK(KeyRing({key}).find("secret", noon()) == 0);
  }

  TEST_CASE("an old secret is good until its grace is over") {
    const KeyRing ring({key_of("laptop", {good_for_ever("new"), {digest_of("old"), noon()}})});
    CHECK(ring.find("old", noon() - Millis(1)) == 0);
    CHECK_FALSE(ring.find("old", noon()));
    CHECK_FALSE(ring.find("old", noon() + Millis(1)));
    CHECK(ring.find("new", noon()) == 0);
    CHECK(ring.find_digest(digest_of("old"), noon() - Millis(1)) == 0);
    CHECK_FALSE(ring.find_digest(digest_of("old"), noon()));
    CHECK_FALSE(ring.find_digest("old", noon() - Millis(1)));
  }

  TEST_CASE("of two with the same digest or name the first counts") {
    const KeyRing ring({key_of("one", {good_for_ever("same")}), key_of("two", {good_for_ever("same")}),
                        key_of("one", {good_for_ever("other")})});
    CHECK(ring.find("same", noon()) == 0);
    CHECK(ring.find("other", noon()) == 2);
    CHECK(ring.find_name("one") == 0);
  }

  TEST_CASE("secrets of any length and any bytes are hashed whole") {
    const std::string with_nul("a\0b", 3);
    const std::string longest(100'000, 'x');
    const KeyRing ring({key_of("nul", {good_for_ever(with_nul)}), key_of("long", {good_for_ever(longest)})});
    CHECK(ring.find(with_nul, noon()) == 0);
    CHECK_FALSE(ring.find("a", noon()));
    CHECK(ring.find(longest, noon()) == 1);
    CHECK_FALSE(ring.find(longest.substr(1), noon()));
  }
}

}  // namespace
}  // namespace aigw::auth
