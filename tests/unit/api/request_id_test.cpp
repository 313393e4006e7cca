#include "api/request_id.h"

#include <doctest/doctest.h>
#include <set>
#include <string>

namespace aigw::api {

TEST_SUITE("api/request_id") {

TEST_CASE("a client's id is kept if it is safe in logs and headers") {
  for (const std::string& id : {std::string("a"), std::string("req-1_2.3:4"), std::string(128, 'Z')}) {
    CAPTURE(id);
    CHECK(request_id({{"x-request-id", id}}) == id);
  }
}

TEST_CASE("any other id is replaced by a new one") {
  for (const std::string& id : {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\nb"),
                                std::string("a\"b"), std::string("a/b"), std::string("\xc3\xbc"), std::string("a\0b", 3)}) {
    CAPTURE(id);
    const std::string made = request_id({{"X-Request-Id", id}});
    CHECK(made.size() == 28);
    CHECK(made.substr(0, 4) == "req_");
    CHECK(made.find_first_not_of("0123456789abcdef", 4) == std::string::npos);
  }
}

TEST_CASE("no two new ids are the same") {
  std::set<std::string> ids;
  for (int i = 0; i < 1'000; ++i) ids.insert(request_id({}));
  CHECK(ids.size() == 1'000);
}

}  // TEST_SUITE

}  // namespace aigw::api
