#include "config/limits_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {

TEST_SUITE("config/limits_reader") {

TEST_CASE("limits stand at a provider, an account, a key, an owner and the whole gateway") {
  const Loaded loaded = load_text(R"({
      "_global": {"limits": {"requests_per_minute": 1000000000}},
      "_providers": {"acc": {"type": "mock", "limits": {"tokens_per_minute": 1000000000000}}},
      "_keys": {"k": {"key": "0123456789abcdef", "role": "admin",
                      "limits": {"max_concurrent": 1000000, "queue": true, "queue_timeout": 3600}}},
      "_owners": {"o": {"limits": {"requests_per_minute": 1, "tokens_per_minute": null, "queue_timeout": 0.001}}},
      "m": {"providers": [{"name": "p", "use": "acc", "limits": {"max_concurrent": 2, "requests_per_minute": 3}},
                          {"name": "q", "use": "acc"},
                          {"name": "r", "use": "acc", "limits": null}]}})",
                                  kNoVariables);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  REQUIRE(loaded.config != nullptr);
  const Config& config = *loaded.config;
  CHECK(config.global.limits == Limits{1'000'000'000, {}, {}, false, Millis{30'000}});
  CHECK(config.keys.at(0).limits == Limits{{}, {}, 1'000'000, true, Millis{3'600'000}});
  CHECK(config.owners.at(0).limits == Limits{1, {}, {}, false, Millis{1}});
  const Limits of_account = {{}, 1'000'000'000'000, {}, false, Millis{30'000}};
  for (const Provider& provider : config.routes.at(0).providers) {
    CAPTURE(provider.name);
    CHECK(provider.account_limits == of_account);
    CHECK(provider.limits.none() == (provider.name != "p"));
  }
  CHECK(config.routes[0].providers[0].limits == Limits{3, {}, 2, false, Millis{30'000}});
}

TEST_CASE("without a word nothing is limited, and nobody waits") {
  const Provider provider = providers_of(with_provider("")).at(0);
  CHECK(provider.limits == Limits{});
  CHECK(provider.account_limits == Limits{});
  CHECK(provider.limits.none());
}

TEST_CASE("limits are refused with their path") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::string nothing =
      ": limits nothing: requests_per_minute, tokens_per_minute or max_concurrent is required\n";
  const Row rows[] = {
      {"5", ": expected an object, got a number\n"},
      {"[]", ": expected an object, got an array\n"},
      {"{}", nothing},
      {R"({"queue": true})", nothing},
      {R"({"requests_per_minute": null, "max_concurrent": null})", nothing},
      {R"({"requests_per_minute": 0})",
       ".requests_per_minute: expected a whole number from 1 to 1000000000, got 0\n"},
      {R"({"requests_per_minute": 1000000001})",
       ".requests_per_minute: expected a whole number from 1 to 1000000000, got 1000000001\n"},
      {R"({"tokens_per_minute": 1000000000001})",
       ".tokens_per_minute: expected a whole number from 1 to 1000000000000, got 1000000000001\n"},
      {R"({"tokens_per_minute": 1.5})",
       ".tokens_per_minute: expected a whole number from 1 to 1000000000000, got 1.5\n"},
      {R"({"max_concurrent": "2"})", ".max_concurrent: expected a whole number from 1 to 1000000, got a string\n"},
      {R"({"max_concurrent": 1000001})",
       ".max_concurrent: expected a whole number from 1 to 1000000, got 1000001\n"},
      {R"({"max_concurrent": 1, "queue": 1})", ".queue: expected true or false, got a number\n"},
      {R"({"max_concurrent": 1, "queue_timeout": 0})",
       ".queue_timeout: expected a number of seconds from 0.001 to 3600, got 0\n"},
      {R"({"max_concurrent": 1, "queue_timeout": 3601})",
       ".queue_timeout: expected a number of seconds from 0.001 to 3600, got 3601\n"},
      {R"({"max_concurent": 1, "requests_per_minute": 1})",
       ".max_concurent: unknown field, did you mean \"max_concurrent\"?\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_provider("\"limits\": " + row.text)) == "m.providers[0].limits" + row.want);
    CHECK(problems_of(with_global("\"limits\": " + row.text)) == "_global.limits" + row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
