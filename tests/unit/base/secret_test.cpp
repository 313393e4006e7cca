#include "base/secret.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw {

TEST_SUITE("base/secret") {

TEST_CASE("a mask shows what tells keys apart and no more") {
  struct Row {
    std::string text;
    std::string want;
  };
  const Row rows[] = {
      {"", ""},
      {"x", "…"},
      {"sk-12345678", "…"},
      {"sk-123456789", "sk-…6789"},
      {"sk-proj-0123456789abcd", "sk-…abcd"},
      {"0123456789abcdef", "…cdef"},
      {"longprefix-0123456789abcd", "long…abcd"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Secret(row.text).mask() == row.want);
  }
}

TEST_CASE("only the whole credential is equal") {
  const Secret secret("sk-0123456789abcd");
  CHECK(secret.equals("sk-0123456789abcd"));
  CHECK_FALSE(secret.equals("sk-0123456789abce"));
  CHECK_FALSE(secret.equals("sk-0123456789abc"));
  CHECK_FALSE(secret.equals(""));
  CHECK_FALSE(secret.equals(std::string("sk-0123456789abcd\0", 18)));
  CHECK(Secret().equals(""));
  CHECK(Secret().empty());
}

TEST_CASE("a changed credential is noticed") {
  CHECK(Secret("a") == Secret("a"));
  CHECK_FALSE(Secret("a") == Secret("b"));
  CHECK(Secret("a").reveal() == "a");
}

}  // TEST_SUITE

}  // namespace aigw
