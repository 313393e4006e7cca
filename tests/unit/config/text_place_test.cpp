#include "config/text_place.h"

#include <doctest/doctest.h>

#include "config/loader.h"

namespace aigw::config {
namespace {

// `line:column` of a problem at that path.
std::string place_of(std::string_view text, const std::string& path, const std::string& message = "wrong") {
  std::vector<Problem> problems = {{path, message}};
  find_places(text, problems);
  if (!problems[0].place) return "";
  return std::to_string(problems[0].place->line) + ":" + std::to_string(problems[0].place->column);
}

TEST_SUITE("config/text_place") {
  TEST_CASE("a path is found where its name stands, an element where it begins") {
    constexpr std::string_view kText = R"({
  // "gpt": a comment, /* and more of it
  "_global": { "port": 1, /* "threads": 2, */ "threads": 0 },
  "my \"model\"": {
    "providers": [
      { "name": "a", "weight": 1 },
      { "name": "b",
        "params": { "drop": [ "x",
                              "y" ] } }
    ]
  }, "gpt-4.1": 3
})";
    struct Row {
      const char* path;
      const char* want;
    };
    for (const Row& row : {Row{"_global", "3:3"}, Row{"_global.port", "3:16"}, Row{"_global.threads", "3:47"},
                           Row{"[\"my \\\"model\\\"\"]", "4:3"},
                           Row{"[\"my \\\"model\\\"\"].providers[0].weight", "6:22"},
                           Row{"[\"my \\\"model\\\"\"].providers[1]", "7:7"},
                           Row{"[\"my \\\"model\\\"\"].providers[1].params.drop[1]", "9:31"}, Row{"gpt-4.1", "11:6"},
                           // What is missing is at what it is missing in.
                           Row{"_global.jwt.issuer", "3:3"}, Row{"gpt-4.1.providers[0].name", "11:6"},
                           Row{"[\"my \\\"model\\\"\"].providers[7]", "5:5"}, Row{"nowhere", ""},
                           Row{"prices.json", ""}, Row{"", ""}}) {
      CAPTURE(row.path);
      CHECK(place_of(kText, row.path) == row.want);
    }
  }

  TEST_CASE("columns count characters, lines end as they may, a byte order mark is nothing") {
    CHECK(place_of("{\"ä\u20ac\U0001F600\": 1, \"b\": 2}", "b") == "1:12");
    CHECK(place_of("{\r\n\"a\": 1,\r\n  \"b\": 2}", "b") == "3:3");
    CHECK(place_of("\xEF\xBB\xBF{\"a\": 1}", "a") == "1:2");
    CHECK(place_of(R"({"\u0061\u00e4": 1})", "[\"a\u00e4\"]") == "1:2");
    CHECK(place_of(R"({"a": "}\"{,\\", "b": 1})", "b") == "1:18");
    CHECK(place_of("{\"a\": [1, [2, 3], {\"b\": 4}]}", "a[2].b") == "1:20");
    CHECK(place_of("", "a") == "");
  }

  TEST_CASE("each of many problems has its place, in whatever order they are") {
    std::vector<Problem> problems = {{"c", ""}, {"a", ""}, {"b", ""}, {"a", ""}};
    find_places("{\"a\": 1,\n \"b\": 2, \"c\": 3}", problems);
    const Place want[] = {{2, 10}, {1, 2}, {2, 2}, {1, 2}};
    for (std::size_t i = 0; i < problems.size(); ++i) CHECK(problems[i].place == want[i]);
    Places places("\xEF\xBB\xBFx\ny");
    CHECK(places.at(5) == Place{2, 1});
    CHECK(places.at(3) == Place{1, 1});
    CHECK(places.at(100) == Place{2, 2});
    CHECK(Places("").at(0) == Place{1, 1});
  }

  TEST_CASE("of two with the same name the second is meant") {
    CHECK(place_of("{\"a\": 1,\n \"a\": 2}", "a") == "2:2");
  }

  TEST_CASE("what the parser says of a place is taken over") {
    CHECK(place_of("{", "", "line 12, column 34: expected a value") == "12:34");
    CHECK(place_of("{", "", "line 12 of it") == "");
    CHECK(place_of("{", "prices.json", "line 12, column 34: expected a value") == "");
  }

  TEST_CASE("the loader places each problem of a file") {
    const Loaded loaded = load_text("{\n\"_global\": {\"port\": 70000},\n\"gpt\": {\"providers\": [{}]}\n}", {});
    REQUIRE(loaded.problems.size() >= 2);
    for (const Problem& problem : loaded.problems) {
      CAPTURE(problem.text());
      REQUIRE(problem.place);
      CHECK(problem.place->line == (problem.path == "_global.port" ? 2 : 3));
    }
    const Loaded broken = load_text("{\n  \"a\": }", {});
    REQUIRE(broken.problems.size() == 1);
    CHECK(broken.problems[0].place == Place{2, 8});
  }
}

}  // namespace
}  // namespace aigw::config
