#include "auth/key_secret.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::auth {

TEST_SUITE("auth/key_secret") {
  TEST_CASE("a secret is its prefix and 32 bytes, no two of which are alike") {
    constexpr std::size_t kMade = 1000;
    std::set<std::string> secrets;
    for (std::size_t i = 0; i < kMade; ++i) {
      const auto secret = new_key_secret();
      REQUIRE(secret);
      const std::string text = secret->reveal();
      CAPTURE(text);
      CHECK(text.size() == 49);
      REQUIRE(starts_with(text, "sk-gw-"));
      const auto bytes = from_base64(text.substr(6));
      REQUIRE(bytes);
      CHECK(bytes->size() == 32);
      CHECK(text.find_first_of("+/=") == std::string::npos);
      secrets.insert(text);
    }
    CHECK(secrets.size() == kMade);
  }

  TEST_CASE("a digest is the SHA-256 of the whole secret") {
    CHECK(digest_of("sk-gw-abc") == "4981e46da66e675def48e4315e39b71e01f8f2b2a2081c51753b021f2c177a39");
  }
}

}  // namespace aigw::auth
