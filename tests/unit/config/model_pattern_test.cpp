#include "config/model_pattern.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw::config {

TEST_SUITE("config/model_pattern") {

TEST_CASE("a star is any text") {
  struct Row {
    std::string pattern;
    std::string name;
    bool want;
  };
  const Row rows[] = {
      {"*", "", true},
      {"*", "anything", true},
      {"", "", true},
      {"", "a", false},
      {"gpt-4o", "gpt-4o", true},
      {"gpt-4o", "GPT-4o", false},
      {"gpt-4o", "gpt-4o-mini", false},
      {"claude-*", "claude-3", true},
      {"claude-*", "claude-", true},
      {"claude-*", "claude", false},
      {"*-mini", "gpt-4o-mini", true},
      {"*-mini", "gpt-4o-mini-2", false},
      {"a*b*c", "abbbc", true},
      {"a*b*c", "acb", false},
      {"a*ab", "aaab", true},
      {"a**", "a", true},
      {"*a*a*a*a*b", std::string(200, 'a'), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.name);
    CHECK(matches_pattern(row.pattern, row.name) == row.want);
  }
  CHECK(is_pattern("a*"));
  CHECK_FALSE(is_pattern("a"));
}

}  // TEST_SUITE

}  // namespace aigw::config
