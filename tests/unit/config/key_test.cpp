#include "config/key.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::config {

TEST_SUITE("config/key") {

TEST_CASE("a model is allowed if a pattern allows it, or none does that, and none forbids it") {
  struct Row {
    std::vector<std::string> patterns;
    std::string asked;
    std::string route;
    bool want;
  };
  const Row rows[] = {
      {{}, "gpt-4o", "gpt-4o", true},
      {{"gpt-4o"}, "gpt-4o", "gpt-4o", true},
      {{"gpt-4o"}, "gpt-4o-mini", "gpt-4o-mini", false},
      {{"gpt-4o"}, "GPT-4o", "GPT-4o", false},
      {{"gpt-*", "o3"}, "gpt-4o-mini", "gpt-4o-mini", true},
      {{"gpt-*", "o3"}, "o3", "o3", true},
      {{"gpt-*", "o3"}, "o3-pro", "o3-pro", false},
      {{"*"}, "x", "x", true},
      // Forbidding wins, wherever it stands.
      {{"gpt-*", "!gpt-*-pro"}, "gpt-5-pro", "gpt-5-pro", false},
      {{"!gpt-*-pro", "gpt-*"}, "gpt-5-pro", "gpt-5-pro", false},
      {{"!gpt-*-pro", "gpt-*"}, "gpt-5", "gpt-5", true},
      {{"!o3"}, "gpt-4o", "gpt-4o", true},
      {{"!o3"}, "o3", "o3", false},
      {{"!*"}, "o3", "o3", false},
      {{"!*", "o3"}, "o3", "o3", false},
      // By an alias, and by a route that is a pattern itself.
      {{"gpt-4o"}, "best", "gpt-4o", true},
      {{"best"}, "best", "gpt-4o", true},
      {{"other"}, "best", "gpt-4o", false},
      {{"!gpt-4o"}, "best", "gpt-4o", false},
      {{"*", "!best"}, "best", "gpt-4o", false},
      {{"gpt-4o"}, "gpt-4o", "gpt-*", true},
      {{"gpt-*"}, "gpt-4o", "gpt-*", true},
      {{"gpt-4*"}, "gpt-5", "gpt-*", false},
      {{"gpt-*", "!gpt-5"}, "gpt-5", "gpt-*", false},
      // Nothing is meant by these, and nothing is allowed by them.
      {{""}, "x", "x", false},
      {{"!"}, "x", "x", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patterns);
    CAPTURE(row.asked);
    CAPTURE(row.route);
    CHECK(ModelRules{row.patterns}.allow(row.asked, row.route) == row.want);
  }
}

TEST_CASE("a key's name is a plain word that the gateway does not use itself") {
  const std::string plain = "a key's name has 1 to 100 letters, digits or ._@-";
  const std::string own = "the gateway uses this name itself";
  struct Row {
    std::string name;
    std::string want;
  };
  const Row rows[] = {
      {"a", ""},          {"Laptop-2", ""},      {"max@home_1.x", ""},     {std::string(100, 'x'), ""},
      {"--", ""},         {"api_key2", ""},      {"JWT", ""},              {"", plain},
      {"a b", plain},     {"a/b", plain},        {"a:b", plain},           {"k\xC3\xA4", plain},
      {"a\n", plain},     {std::string("a\0", 2), plain},                  {std::string(101, 'x'), plain},
      {"*", plain},       {"-", own},            {"api_key", own},         {"admin_key", own},
      {"jwt", own},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(key_name_fault(row.name).value_or("") == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
