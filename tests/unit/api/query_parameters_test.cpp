#include "api/query_parameters.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace aigw::api {
namespace {

// What the readers of `a`, `b` and `c` got, `name=value` each; or the error.
std::string read(const std::string& query) {
  std::string taken;
  const auto take = [&](const http::QueryParameter& given) -> Status {
    if (given.value == "bad") return invalid("it is bad.");
    taken += given.name + "=" + given.value + " ";
    return Done{};
  };
  const Status status = read_parameters(query, {{"a", take}, {"b", take}, {"c", take}});
  return status ? taken : status.error().detail;
}

}  // namespace

TEST_SUITE("api/query_parameters") {

TEST_CASE("each parameter goes to its reader, decoded") {
  struct Row {
    const char* query;
    const char* want;
  };
  for (const Row& row : {Row{"", ""}, Row{"a=1", "a=1 "}, Row{"c=3&a=1", "c=3 a=1 "}, Row{"a=", "a= "}, Row{"a", "a= "},
                         Row{"&&a=1&", "a=1 "}, Row{"a=x%2Fy%26z", "a=x/y&z "}, Row{"%61=1", "a=1 "},
                         Row{"a=1=2", "a=1=2 "}, Row{"a=1+2", "a=1+2 "}, Row{"b=%C3%A9", "b=\xC3\xA9 "}}) {
    CAPTURE(row.query);
    CHECK(read(row.query) == row.want);
  }
}

TEST_CASE("what is wrong is said") {
  struct Row {
    const char* query;
    const char* want;
  };
  for (const Row& row :
       {Row{"d=1", "There is no parameter \"d\", only a, b and c."},
        Row{"A=1", "There is no parameter \"A\", only a, b and c."},
        Row{"a=1&a=1", "a is there twice."}, Row{"a=1&b=2&%61=3", "a is there twice."},
        Row{"d=1&d=1", "There is no parameter \"d\", only a, b and c."}, Row{"a=bad", "it is bad."},
        Row{"=1", "There is no parameter \"\", only a, b and c."},
        Row{"x%0Ay=1", "There is no parameter \"x\\ny\", only a, b and c."}}) {
    CAPTURE(row.query);
    CHECK(read(row.query) == row.want);
  }
  CHECK(read(std::string(5'000, 'n') + "=1").size() < 200);
}

TEST_CASE("the first error ends it") {
  int calls = 0;
  const auto count = [&](const http::QueryParameter&) -> Status {
    ++calls;
    return Done{};
  };
  CHECK_FALSE(read_parameters("x=1&a=1", {{"a", count}}));
  CHECK(calls == 0);
}

TEST_CASE("a number is taken within its bounds") {
  struct Row {
    const char* value;
    std::uint64_t want;
  };
  for (const Row& row : {Row{"5", 5}, Row{"10", 10}, Row{"007", 7}}) {
    CAPTURE(row.value);
    std::uint64_t number = 0;
    REQUIRE(read_number({"n", row.value}, 5, 10, number));
    CHECK(number == row.want);
  }
}

TEST_CASE("what is no such number is refused, and the number stays") {
  for (const char* value : {"", " ", "4", "11", "-5", "+5", "5.0", "5 ", " 5", "5e0", "0x5", "five",
                            "99999999999999999999", "18446744073709551621", "٥"}) {
    CAPTURE(value);
    std::uint64_t number = 77;
    const Status status = read_number({"n", value}, 5, 10, number);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::Invalid);
    CHECK(status.error().detail ==
          "n can't be \"" + std::string(value) + "\": expected a whole number from 5 to 10.");
    CHECK(number == 77);
  }
}

TEST_CASE("what is shown is short and on one line") {
  CHECK(shown("plain") == "\"plain\"");
  CHECK(shown("two\nlines\x1b") == "\"two\\nlines\\x1b\"");
  CHECK(shown(std::string(1'000'000, 'x')).size() < 120);
}

}

}  // namespace aigw::api
