#include "observe/alert_levels.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::observe {
namespace {

struct Step {
  std::int64_t used;
  std::int64_t period;
  std::string want;  // what is told: ``, `80`, `full`, `80 full`
};

std::string told_by(AlertLevels& levels, const AlertLevels::Reading& reading) {
  const AlertLevels::Reached reached = levels.read(reading);
  std::string told = reached.high ? "80" : "";
  if (reached.full) told += told.empty() ? "full" : " full";
  return told;
}

// Each step is a round of one reading, of 100.
void check(const std::vector<Step>& steps) {
  AlertLevels levels;
  int at = 0;
  for (const Step& step : steps) {
    CAPTURE(at++);
    CHECK(told_by(levels, {"quota", step.used, 100, step.period}) == step.want);
    levels.end_round();
  }
}

}  // namespace

TEST_SUITE("observe/alert_levels") {

TEST_CASE("each mark is told once, as it is reached") {
  check({{0, 1, ""}, {79, 1, ""}, {80, 1, "80"}, {85, 1, ""}, {99, 1, ""}, {100, 1, "full"}, {120, 1, ""}});
}

TEST_CASE("both marks are told when both are reached at once") { check({{0, 1, ""}, {100, 1, "80 full"}}); }

TEST_CASE("a new period falls without a word, and rises again") {
  check({{0, 1, ""}, {100, 1, "80 full"}, {0, 2, ""}, {80, 2, "80"}, {100, 2, "full"}, {80, 3, "80"}});
}

TEST_CASE("what the first round finds is known, and what rises from there is told") {
  check({{90, 1, ""}, {95, 1, ""}, {100, 1, "full"}});
  check({{100, 1, ""}, {110, 1, ""}, {10, 2, ""}, {80, 2, "80"}});
}

TEST_CASE("what hovers about a mark within a period is told once") {
  check({{0, 1, ""}, {80, 1, "80"}, {79, 1, ""}, {80, 1, ""}, {75, 1, ""}, {81, 1, ""}, {100, 1, "full"}, {96, 1, ""},
         {100, 1, ""}, {95, 1, ""}, {101, 1, ""}});
}

TEST_CASE("what has fallen well below a mark and rises again is told again") {
  check({{0, 1, ""}, {80, 1, "80"}, {74, 1, ""}, {80, 1, "80"}, {100, 1, "full"}, {94, 1, ""}, {100, 1, "full"},
         {10, 1, ""}, {100, 1, "80 full"}});
}

TEST_CASE("what a later round sees for the first time had nothing used before") {
  AlertLevels levels;
  CHECK(told_by(levels, {"old", 90, 100, 1}) == "");
  levels.end_round();
  CHECK(told_by(levels, {"old", 90, 100, 1}) == "");
  CHECK(told_by(levels, {"new", 90, 100, 1}) == "80");
  levels.end_round();
  CHECK(told_by(levels, {"new", 90, 100, 1}) == "");
}

TEST_CASE("what was not read in a round is forgotten") {
  AlertLevels levels;
  levels.end_round();
  CHECK(told_by(levels, {"key", 90, 100, 1}) == "80");
  levels.end_round();
  levels.end_round();
  CHECK(told_by(levels, {"key", 90, 100, 1}) == "80");
}

TEST_CASE("names have marks of their own") {
  AlertLevels levels;
  levels.end_round();
  CHECK(told_by(levels, {"a", 80, 100, 1}) == "80");
  CHECK(told_by(levels, {"b", 80, 100, 1}) == "80");
  CHECK(told_by(levels, {"a", 80, 100, 1}) == "");
}

TEST_CASE("four fifths of a limit are never less than four fifths") {
  struct Row {
    std::int64_t limit;
    std::int64_t first;  // the smallest use that is told
  };
  for (const Row& row : {Row{1, 1}, Row{2, 2}, Row{4, 4}, Row{5, 4}, Row{6, 5}, Row{9, 8}, Row{10, 8}, Row{11, 9},
                         Row{9'000'000'000'000'000'000, 7'200'000'000'000'000'000}}) {
    CAPTURE(row.limit);
    AlertLevels levels;
    levels.end_round();
    CHECK(told_by(levels, {"a", row.first - 1, row.limit, 1}) == "");
    CHECK(told_by(levels, {"a", row.first, row.limit, 1}) == (row.first == row.limit ? "80 full" : "80"));
  }
}

TEST_CASE("a limit that is raised or lowered counts from then on") {
  AlertLevels levels;
  CHECK(told_by(levels, {"a", 50, 100, 1}) == "");
  levels.end_round();
  CHECK(told_by(levels, {"a", 50, 60, 1}) == "80");
  CHECK(told_by(levels, {"a", 50, 1'000, 1}) == "");
  CHECK(told_by(levels, {"a", 800, 1'000, 1}) == "80");
}

}  // TEST_SUITE

}  // namespace aigw::observe
