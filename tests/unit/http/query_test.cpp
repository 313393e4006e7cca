#include "http/query.h"

#include <doctest/doctest.h>

#include <ostream>

namespace aigw::http {

std::ostream& operator<<(std::ostream& out, const QueryParameter& parameter) {
  return out << "[" << parameter.name << "=" << parameter.value << "]";
}

TEST_SUITE("http/query") {

TEST_CASE("a query is read pair by pair, in its order") {
  struct Row {
    const char* query;
    std::vector<QueryParameter> want;
  };
  for (const Row& row : {Row{"", {}},
                         Row{"a=1", {{"a", "1"}}},
                         Row{"b=2&a=1", {{"b", "2"}, {"a", "1"}}},
                         Row{"a=1&a=2", {{"a", "1"}, {"a", "2"}}},
                         Row{"&&a=1&", {{"a", "1"}}},
                         Row{"a", {{"a", ""}}},
                         Row{"a=", {{"a", ""}}},
                         Row{"=1", {{"", "1"}}},
                         Row{"a=b=c", {{"a", "b=c"}}}}) {
    CAPTURE(row.query);
    CHECK(parse_query(row.query) == row.want);
  }
}

TEST_CASE("names and values are decoded after they were parted, and a plus stays") {
  CHECK(parse_query("%66rom=14%3A00%2B01&x=a%26b%3Dc") ==
        std::vector<QueryParameter>{{"from", "14:00+01"}, {"x", "a&b=c"}});
  CHECK(parse_query("to=14:00:00+01:00") == std::vector<QueryParameter>{{"to", "14:00:00+01:00"}});
  CHECK(parse_query("a=%zz%") == std::vector<QueryParameter>{{"a", "%zz%"}});
}

}  // TEST_SUITE

}  // namespace aigw::http
