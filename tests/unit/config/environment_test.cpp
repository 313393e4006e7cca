#include "config/environment.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {
namespace {

const Environment kSome = with_variables({{"A", "alpha"}, {"B_2", "be${A}ta"}, {"_c", "c"}, {"EMPTY", ""}});

}  // namespace

TEST_SUITE("config/environment") {

TEST_CASE("variables are filled in") {
  struct Row {
    std::string text;
    std::string want;
  };
  const Row rows[] = {
      {"", ""},
      {"plain $A {A} $ }", "plain $A {A} $ }"},
      {"${A}", "alpha"},
      {"<${A}-${_c}>", "<alpha-c>"},
      {"${B_2}", "be${A}ta"},  // what a variable holds is not looked into
      {"${A:-other}", "alpha"},
      {"${NONE:-other}", "other"},
      {"${EMPTY:-other}", "other"},
      {"${NONE:-}", ""},
      {"${EMPTY:-}", ""},
      {"${NONE:-http://localhost:1/v1}", "http://localhost:1/v1"},
      {"${NONE:-a:-b}", "a:-b"},
      {"$${A}", "${A}"},
      {"$${A}${A}$${", "${A}alpha${"},
      {"$$", "$$"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Filled> filled = fill_in(row.text, kSome);
    REQUIRE(filled.has_value());
    CHECK(filled->text == row.want);
    CHECK(filled->lacking == "");
  }
}

TEST_CASE("the first variable that is not set, or set to nothing, is named") {
  CHECK(fill_in("${NONE}", kSome).value().lacking == "environment variable NONE is not set");
  CHECK(fill_in("${EMPTY}", kSome).value().lacking == "environment variable EMPTY is empty");
  CHECK(fill_in("${A}${NONE}${OTHER}", kSome).value().lacking == "environment variable NONE is not set");
}

TEST_CASE("bad syntax is refused without repeating the text") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::string name_wanted =
      "between ${ and } a variable's name (letters, digits, _) is expected; $${ is a literal ${";
  const Row rows[] = {
      {"${", "${ has no closing }; $${ is a literal ${"},
      {"a${A", "${ has no closing }; $${ is a literal ${"},
      {"${}", name_wanted},
      {"${:-x}", name_wanted},
      {"${1A}", name_wanted},
      {"${sk-secret}", name_wanted},
      {"${ A }", name_wanted},
      {"${A-x}", name_wanted},
      {"${A:x}", name_wanted},
      {"${NONE:-${A}}", "a variable inside of ${...} is not supported"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Filled> filled = fill_in(row.text, kSome);
    REQUIRE_FALSE(filled.has_value());
    CHECK(filled.error().detail == row.want);
  }
}

TEST_CASE("the process's own environment is the real one") {
  const Environment environment = process_environment();
  setenv("GATEWAY_TEST_VARIABLE", "here", 1);
  CHECK(environment("GATEWAY_TEST_VARIABLE") == "here");
  unsetenv("GATEWAY_TEST_VARIABLE");
  CHECK_FALSE(environment("GATEWAY_TEST_VARIABLE").has_value());
}

}  // TEST_SUITE

}  // namespace aigw::config
