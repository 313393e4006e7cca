#include "config/owner_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {
namespace {

std::string with_owners(const std::string& owners) {
  return R"({"_owners": )" + owners + R"(, "m": {"providers": [{"name": "p", "type": "mock"}]}})";
}

std::vector<Owner> owners_of(const std::string& owners) {
  const Loaded loaded = load_text(with_owners(owners), kNoVariables);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  CHECK(lines_of(loaded.warnings) == "");
  REQUIRE(loaded.config != nullptr);
  return loaded.config->owners;
}

}  // namespace

TEST_SUITE("config/owner_reader") {

TEST_CASE("owners come in the order of the file, and every field is read") {
  const std::vector<Owner> owners = owners_of(R"({
      "ada": {}, "*": {"prepaid": true, "markup": 0.2, "limits": {"max_concurrent": 1},
                       "budget": {"cost_per_period": 5, "period": "never"}, "prices": {"x*": {"input": 1}}}})");
  REQUIRE(owners.size() == 2);
  Owner plain;
  plain.name = "ada";
  CHECK(owners[0] == plain);
  CHECK(plain.prepaid == false);
  CHECK(plain.markup_ppm == 0);
  Owner star;
  star.name = "*";
  star.prepaid = true;
  star.markup_ppm = 200'000;
  star.limits.max_concurrent = 1;
  star.budget = {{std::nullopt, std::nullopt, "0 0 * * *", "never", 5 * kDollar}};
  star.prices.rows = {{"x*", {kDollar, 0, {}, {}, 0}}};
  CHECK(owners[1] == star);
}

TEST_CASE("a markup is exact to the millionth") {
  struct Row {
    const char* text;
    std::int64_t want;
  };
  for (const Row& row : {Row{"0", 0}, Row{"0.000001", 1}, Row{"1e-6", 1}, Row{"0.1", 100'000}, Row{"0.29", 290'000},
                         Row{"1.000000000", 1'000'000}, Row{"99.999999", 99'999'999}, Row{"100", 100'000'000}}) {
    CAPTURE(std::string(row.text));
    CHECK(owners_of(R"({"o": {"markup": )" + std::string(row.text) + "}}").at(0).markup_ppm == row.want);
  }
}

TEST_CASE("an owner is refused with its path") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::string range = "_owners.o.markup: expected a number from 0 to 100 with at most six decimals, got ";
  const Row rows[] = {
      {"[]", "_owners: expected an object, got an array\n"},
      {R"({"o": 1})", "_owners.o: expected an object, got a number\n"},
      {R"({"": {}})", "_owners[\"\"]: a name must not be empty\n"},
      {R"({"a/b": {}})", "_owners.a/b: an owner's name must not contain a slash\n"},
      {R"({" a": {}})", "_owners[\" a\"]: a name must not begin or end with a blank\n"},
      {R"({"o": {"prepiad": true}})", "_owners.o.prepiad: unknown field, did you mean \"prepaid\"?\n"},
      {R"({"o": {"prepaid": null}})", "_owners.o.prepaid: expected true or false, got null\n"},
      {R"({"o": {"markup": -0.1}})", range + "-0.1\n"},
      {R"({"o": {"markup": 100.000001}})", range + "100.000001\n"},
      {R"({"o": {"markup": 0.0000001}})", range + "0.0000001\n"},
      {R"({"o": {"markup": "0.1"}})", range + "a string\n"},
      {R"({"o": {"limits": {}}})",
       "_owners.o.limits: limits nothing: requests_per_minute, tokens_per_minute or max_concurrent is required\n"},
      {R"({"o": {"budget": {}}})",
       "_owners.o.budget: limits nothing: requests_per_period, tokens_per_period or cost_per_period is required\n"},
      {R"({"o": {"prices": {"x": {}}}})",
       "_owners.o.prices.x: says no price: input, output or per_request is required; 0 is what costs nothing\n"},
      // An owner who is left out would be without limits.
      {R"({"o": {"budget": {"requests_per_period": 1, "period": "${LONG}"}}})",
       "_owners.o.budget.period: environment variable LONG is not set\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_owners(row.text)) == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
