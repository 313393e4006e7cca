#include "api/story_query.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace aigw::api {
namespace {

using observe::Story;

StoryQuery parsed(const std::string& text) {
  const auto query = parse_story_query(text);
  REQUIRE_MESSAGE(query, text);
  return *query;
}

// `a` failed and `b` answered a request for the alias `fast`, in 250 ms.
Story story() {
  Story story;
  story.model = "fast";
  story.route = "gpt-4o";
  story.key = "laptop";
  story.provider = "b";
  story.status = 200;
  story.ended = Millis(250);
  story.attempts.resize(2);
  story.attempts[0].provider = "a";
  story.attempts[1].provider = "b";
  return story;
}

}  // namespace

TEST_SUITE("api/story_query") {

TEST_CASE("what is not said is the last hundred") {
  const StoryQuery query = parsed("");
  CHECK(query.limit == 100);
  CHECK(query.fits(story()));
  CHECK(query.fits(Story{}));
}

TEST_CASE("each parameter picks stories") {
  struct Row {
    const char* query;
    bool fits;
  };
  for (const Row& row :
       {Row{"model=fast", true}, Row{"model=gpt-4o", true}, Row{"model=gpt", false}, Row{"model=FAST", false},
        Row{"model=", true}, Row{"provider=a", true}, Row{"provider=b", true}, Row{"provider=c", false},
        Row{"key=laptop", true}, Row{"key=phone", false}, Row{"key=-", false}, Row{"status=200", true},
        Row{"status=201", false}, Row{"status=199", false}, Row{"status=2xx", true}, Row{"status=1xx", false},
        Row{"status=3xx", false}, Row{"status=failed", false}, Row{"min_ms=0", true}, Row{"min_ms=250", true},
        Row{"min_ms=251", false}, Row{"model=fast&provider=a&key=laptop&status=200&min_ms=1", true},
        Row{"model=fast&provider=a&key=phone", false}, Row{"model=other&provider=a", false}}) {
    CAPTURE(row.query);
    CHECK(parsed(row.query).fits(story()) == row.fits);
  }
}

TEST_CASE("statuses are picked by number, class or failure") {
  struct Row {
    int status;
    const char* error;
    const char* query;
    bool fits;
  };
  for (const Row& row :
       {Row{404, "no such model", "status=4xx", true}, Row{404, "no such model", "status=404", true},
        Row{404, "no such model", "status=failed", false}, Row{499, "", "status=4xx", true},
        Row{500, "", "status=4xx", false}, Row{500, "", "status=5xx", true}, Row{599, "", "status=5xx", true},
        Row{502, "all failed", "status=failed", true}, Row{200, "an error in the stream", "status=failed", true},
        Row{200, "an error in the stream", "status=2xx", true}, Row{399, "", "status=4xx", false},
        Row{400, "", "status=400", true}, Row{599, "", "status=599", true}, Row{100, "", "status=100", true}}) {
    CAPTURE(row.status);
    CAPTURE(row.query);
    Story told = story();
    told.status = row.status;
    told.error = row.error;
    CHECK(parsed(row.query).fits(told) == row.fits);
  }
}

TEST_CASE("a story without a route, or an attempt, is found by what it has") {
  Story unknown;
  unknown.model = "nobody";
  CHECK(parsed("model=nobody").fits(unknown));
  CHECK(parsed("key=-").fits(unknown));
  CHECK_FALSE(parsed("provider=a").fits(unknown));
}

TEST_CASE("times are compared to the microsecond") {
  Story told = story();
  told.ended = Millis(250) - observe::Offset{1};
  CHECK_FALSE(parsed("min_ms=250").fits(told));
}

TEST_CASE("limits are taken within their bounds, and names with any sign") {
  CHECK(parsed("limit=1").limit == 1);
  CHECK(parsed("limit=1000").limit == 1'000);
  CHECK(parsed("min_ms=86400000").min == std::chrono::hours(24));
  CHECK(parsed("model=a%2Fb%20%22c%22&key=%C3%A9").model == "a/b \"c\"");
}

TEST_CASE("what can't be meant is refused, and the message says what would be") {
  const auto status = [](const std::string& value) {
    return "status can't be \"" + value + "\": expected a number like 429, a class like 5xx, or failed.";
  };
  const auto number = [](const std::string& name, const std::string& value, const std::string& range) {
    return name + " can't be \"" + value + "\": expected a whole number from " + range + ".";
  };
  const std::string only = ", only model, provider, key, status, min_ms and limit.";
  struct Row {
    std::string query;
    std::string want;
  };
  std::vector<Row> rows = {{"modell=x", "There is no parameter \"modell\"" + only},
                           {"model=x&model=x", "model is there twice."},
                           {"status=200&status=4xx", "status is there twice."},
                           {"min_ms=1&min_ms=1", "min_ms is there twice."}};
  for (const char* value : {"", "ok", "0", "99", "600", "-200", "+200", "200.0", "20x", "xx", "6xx", "0xx", "4XX",
                            "4xxx", "FAILED", "failed2", "two", "99999999999999999999"}) {
    rows.push_back({"status=" + std::string(value), status(value)});
  }
  for (const char* value : {"", "-1", "1.5", "1s", "86400001", "99999999999999999999"}) {
    rows.push_back({"min_ms=" + std::string(value), number("min_ms", value, "0 to 86400000")});
  }
  for (const char* value : {"", "0", "-1", "1001", "all", "99999999999999999999"}) {
    rows.push_back({"limit=" + std::string(value), number("limit", value, "1 to 1000")});
  }
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const auto query = parse_story_query(row.query);
    REQUIRE_FALSE(query);
    CHECK(query.error().kind == ErrorKind::Invalid);
    CHECK(query.error().detail == row.want);
  }
}

}

}  // namespace aigw::api
