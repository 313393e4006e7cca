#include "config/price_reader.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "config/loading.h"
#include "config/temporary_folder.h"

namespace aigw::config {
namespace {

struct Row {
  std::string text;
  std::string want;
};

constexpr const char* kConfig = R"({"m": {"providers": [{"name": "p", "type": "mock"}]}})";

Loaded load_beside(const std::string& prices) {
  const TemporaryFolder folder;
  folder.write("prices.json", prices);
  return load_file(folder.write("provider.json", kConfig), kNoVariables);
}

}  // namespace

TEST_SUITE("config/price_reader") {

TEST_CASE("a price is taken exactly as it is written") {
  struct Good {
    std::string text;
    Price want;
  };
  const Good rows[] = {
      {R"({"input": 0})", {}},
      {R"({"output": 10})", {0, 10 * kDollar, {}, {}, 0}},
      {R"({"input": 2.5, "output": 1e1, "cached_input": 1.25, "cache_write": 0.3, "per_request": 0.01})",
       {2'500'000'000, 10 * kDollar, 1'250'000'000, 300'000'000, 10'000'000}},
      {R"({"input": 0.000000001, "output": 10000, "cached_input": null, "cache_write": null})",
       {1, 10'000 * kDollar, {}, {}, 0}},
      // A double has 8123.4567890119999...
      {R"({"per_request": 8123.456789012})", {0, 0, {}, {}, 8'123'456'789'012}},
      {R"({"input": 0.10000000000, "cached_input": 0.0})", {100'000'000, 0, 0, {}, 0}},
  };
  for (const Good& row : rows) {
    CAPTURE(row.text);
    CHECK(providers_of(with_provider("\"price\": " + row.text)).at(0).price == row.want);
  }
  CHECK_FALSE(providers_of(with_provider("")).at(0).price.has_value());
}

TEST_CASE("an entry takes its account's price, replaces it as a whole, or takes it back") {
  const std::vector<Provider> providers = providers_of(with_account(
      R"({"type": "mock", "price": {"input": 1, "cached_input": 0.5}})",
      R"({"name": "p", "use": "acc"}, {"name": "q", "use": "acc", "price": {"output": 2}},
         {"name": "r", "use": "acc", "price": null})"));
  CHECK(providers.at(0).price == Price{kDollar, 0, kDollar / 2, {}, 0});
  CHECK(providers.at(1).price == Price{0, 2 * kDollar, {}, {}, 0});
  CHECK_FALSE(providers.at(2).price.has_value());
}

TEST_CASE("a price is refused with its path") {
  const std::string range = "expected a number of dollars from 0 to 10000 with at most nine decimals, got ";
  const std::string nothing =
      ": says no price: input, output or per_request is required; 0 is what costs nothing\n";
  const Row rows[] = {
      {"1", ": expected an object, got a number\n"},
      {"{}", nothing},
      {R"({"cached_input": 1})", nothing},
      {R"({"input": -1})", ".input: " + range + "-1\n"},
      {R"({"output": 10000.000000001})", ".output: " + range + "10000.000000001\n"},
      {R"({"output": 1e60})", ".output: " + range + "1e60\n"},
      {R"({"cached_input": 0.1234567891, "input": 1})", ".cached_input: " + range + "0.1234567891\n"},
      {R"({"cached_input": 1.0000000000000000000000001, "input": 1})",
       ".cached_input: " + range + "1.0000000000000000000000001\n"},
      {R"({"cache_write": "1", "input": 1})", ".cache_write: " + range + "a string\n"},
      {R"({"per_request": [1]})", ".per_request: " + range + "an array\n"},
      {R"({"input": null, "output": 1})", ".input: " + range + "null\n"},
      {R"({"inptu": 1, "output": 1})", ".inptu: unknown field, did you mean \"input\"?\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_provider("\"price\": " + row.text)) == "m.providers[0].price" + row.want);
    CHECK(problems_of(with_global(R"("prices": {"x-*": )" + row.text + "}")) == "_global.prices.x-*" + row.want);
  }
}

TEST_CASE("_global.prices keeps the order of the file") {
  const Loaded loaded = load_text(with_global(R"("prices": {"z*": {"input": 1}, "a": {"output": 2}})"), kNoVariables);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  REQUIRE(loaded.config != nullptr);
  const PriceTable want = {{{"z*", {kDollar, 0, {}, {}, 0}}, {"a", {0, 2 * kDollar, {}, {}, 0}}}};
  CHECK(loaded.config->global.prices == want);
  CHECK(loaded.config->well_known_prices == PriceTable{});
  CHECK(problems_of(with_global(R"("prices": [])")) == "_global.prices: expected an object, got an array\n");
  CHECK(problems_of(with_global(R"("prices": null)")) == "_global.prices: expected an object, got null\n");
  CHECK(problems_of(with_global(R"("prices": {"": {"input": 1}, "x": null})")) ==
        "_global.prices[\"\"]: a name must not be empty\n_global.prices.x: expected an object, got null\n");
}

TEST_CASE("prices.json beside the file is read with it") {
  const Loaded loaded = load_beside(R"({"about": "${NOT_READ}", "date": "2026-11-20",
                                        "prices": {"gpt-4o": {"input": 2.5, "output": 10, "cached_input": 1.25}}})");
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  REQUIRE(loaded.config != nullptr);
  CHECK(loaded.config->prices_date == "2026-11-20");
  const PriceTable want = {{{"gpt-4o", {2'500'000'000, 10 * kDollar, 1'250'000'000, {}, 0}}}};
  CHECK(loaded.config->well_known_prices == want);
  CHECK(loaded.config->global.prices == PriceTable{});
}

TEST_CASE("without prices.json there are no well-known prices") {
  const TemporaryFolder folder;
  const Loaded loaded = load_file(folder.write("provider.json", kConfig), kNoVariables);
  REQUIRE(loaded.config != nullptr);
  CHECK(loaded.config->well_known_prices == PriceTable{});
  CHECK(loaded.config->prices_date == "");
}

TEST_CASE("what is wrong in prices.json has a path that begins with its name") {
  const std::string ok = R"("date": "2026-11-20", "prices": {})";
  const Row rows[] = {
      {"[]", "prices.json: expected an object, got an array\n"},
      {"{}", "prices.json: \"date\" is required\nprices.json: \"prices\" is required\n"},
      {"{" + ok + R"(, "about": 1})", "prices.json.about: expected a string, got a number\n"},
      {"{" + ok + R"(, "abuot": "x"})", "prices.json.abuot: unknown field, did you mean \"about\"?\n"},
      {"{" + ok + ", " + ok + "}",
       "prices.json.date: this field is written twice\nprices.json.prices: this field is written twice\n"},
      {R"({"date": "20.11.2026", "prices": {}})", "prices.json.date: expected a day like 2026-11-21\n"},
      {R"({"date": "2026-02-30", "prices": {}})", "prices.json.date: expected a day like 2026-11-21\n"},
      {R"({"date": 2026, "prices": {}})", "prices.json.date: expected a string, got a number\n"},
      {R"({"date": "2026-11-20", "prices": {"a b": {"input": 1}, "c": {"x": 1, "input": 1}}})",
       "prices.json.prices.c.x: unknown field\n"},
      {R"({"date": "2026-11-20", "prices": {" a": {}}})",
       "prices.json.prices[\" a\"]: a name must not begin or end with a blank\n"
       "prices.json.prices[\" a\"]: says no price: input, output or per_request is required; 0 is what costs "
       "nothing\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Loaded loaded = load_beside(row.text);
    CHECK(loaded.config == nullptr);
    CHECK(lines_of(texts_of(loaded.problems)) == row.want);
  }
  const Loaded broken = load_beside("{");
  REQUIRE(broken.problems.size() == 1);
  CHECK(broken.problems[0].path == "prices.json");
}

TEST_CASE("a prices.json that can't be read is a problem") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() + "/prices.json");
  const Loaded loaded = load_file(folder.write("provider.json", kConfig), kNoVariables);
  CHECK(lines_of(texts_of(loaded.problems)) == "prices.json: can't be read: Is a directory\n");
}

}  // TEST_SUITE

}  // namespace aigw::config
