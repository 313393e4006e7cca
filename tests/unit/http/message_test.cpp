#include "http/message.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::http {

TEST_SUITE("http/message") {

TEST_CASE("the first field of a name counts, whatever its case") {
  const Headers headers = {{"Accept", "a"}, {"X-Key", "1"}, {"x-key", "2"}};
  CHECK(headers.get("X-KEY") == "1");
  CHECK(headers.get("accept") == "a");
  CHECK(headers.get("X-Ke") == "");
  CHECK(headers.has("x-KEY"));
  CHECK_FALSE(headers.has("X-Other"));
}

TEST_CASE("a field without a value is there") {
  const Headers headers = {{"X-Empty", ""}};
  CHECK(headers.has("X-Empty"));
  CHECK(headers.get("X-Empty") == "");
  CHECK_FALSE(headers.empty());
  CHECK(Headers().empty());
}

TEST_CASE("add keeps fields of the same name, set replaces all of them") {
  Headers headers = {{"A", "1"}, {"B", "2"}, {"a", "3"}};
  headers.add("A", "4");
  CHECK(std::vector<Headers::Field>(headers.begin(), headers.end()) ==
        std::vector<Headers::Field>{{"A", "1"}, {"B", "2"}, {"a", "3"}, {"A", "4"}});
  headers.set("a", "5");
  CHECK(std::vector<Headers::Field>(headers.begin(), headers.end()) ==
        std::vector<Headers::Field>{{"B", "2"}, {"a", "5"}});
}

TEST_CASE("every status that the gateway gives itself has its phrase") {
  for (const int status : {200, 204, 400, 401, 403, 404, 405, 408, 413, 414, 429, 431, 500, 501, 502, 503, 504, 505}) {
    CAPTURE(status);
    CHECK(std::string(reason_phrase(status)) != "");
  }
  CHECK(std::string(reason_phrase(429)) == "Too Many Requests");
  CHECK(std::string(reason_phrase(529)) == "");
  CHECK(std::string(reason_phrase(0)) == "");
}

TEST_CASE("a list is searched for whole words") {
  CHECK(lists("close", "close"));
  CHECK(lists("keep-alive ,\tClose", "close"));
  CHECK_FALSE(lists("closed, not close", "close"));
  CHECK_FALSE(lists("", "close"));
}

TEST_CASE("a media type is what stands before the parameters") {
  CHECK(media_type("Text/Event-Stream; charset=utf-8") == "text/event-stream");
  CHECK(media_type(" application/json ;x") == "application/json");
  CHECK(media_type("application/json") == "application/json");
  CHECK(media_type("; charset=utf-8") == "");
  CHECK(media_type("") == "");
}

}  // TEST_SUITE

}  // namespace aigw::http
