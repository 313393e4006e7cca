#include "config/problem.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw::config {

TEST_SUITE("config/problem") {

TEST_CASE("a problem is one line") {
  CHECK(Problem{"gpt-4o.providers[1].weigth", "unknown field"}.text() == "gpt-4o.providers[1].weigth: unknown field");
  CHECK(Problem{"", "the file is empty"}.text() == "the file is empty");
}

TEST_CASE("names that are not plain are quoted in a path") {
  struct Row {
    const char* path;
    std::string name;
    std::string want;
  };
  const Row rows[] = {
      {"", "_global", "_global"},
      {"_global", "port", "_global.port"},
      {"", "org/gpt-4.1:free@x_y", "org/gpt-4.1:free@x_y"},
      {"", "claude-*", "claude-*"},
      {"", "my model", "[\"my model\"]"},
      {"a", "", "a[\"\"]"},
      {"a", "b\"c", "a[\"b\\\"c\"]"},
      {"a", "b\nc", "a[\"b\\nc\"]"},
      {"a", "grün", "a[\"grün\"]"},
      {"", std::string(101, 'x'), "[\"" + std::string(100, 'x') + "…\"]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(member_path(row.path, row.name) == row.want);
  }
  CHECK(element_path(member_path("", "my model"), 2) == "[\"my model\"][2]");
}

TEST_CASE("a suggestion is made only where one is near") {
  CHECK(suggestion("weigth", {"name", "weight"}) == ", did you mean \"weight\"?");
  CHECK(suggestion("colour", {"name", "weight"}) == "");
}

}  // TEST_SUITE

}  // namespace aigw::config
