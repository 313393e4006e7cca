#include "config/changes.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>

namespace aigw::config {
namespace {

Route route(const std::string& model, const std::vector<std::string>& providers) {
  Route result;
  result.model = model;
  for (const std::string& name : providers) {
    Provider provider;
    provider.name = name;
    result.providers.push_back(provider);
  }
  return result;
}

Key key(const std::string& name) {
  Key result;
  result.name = name;
  result.digests = {{std::string(64, '0'), std::nullopt}};
  return result;
}

Owner owner(const std::string& name) {
  Owner result;
  result.name = name;
  return result;
}

Config two_models() {
  Config config;
  config.routes = {route("a", {"x", "y"}), route("b", {"x"})};
  config.keys = {key("k")};
  config.owners = {owner("o")};
  return config;
}

}  // namespace

TEST_SUITE("config/changes") {

TEST_CASE("each difference is named once") {
  struct Row {
    std::string name;
    std::function<void(Config&)> change;
    Changes want;
  };
  const Row rows[] = {
      {"nothing", [](Config&) {}, {}},
      {"order of the routes", [](Config& config) { std::swap(config.routes[0], config.routes[1]); }, {}},
      {"new model", [](Config& config) { config.routes.push_back(route("c", {"x"})); }, {{"c", "c/x"}, {}, {}, {}}},
      {"model gone", [](Config& config) { config.routes.pop_back(); }, {{}, {"b", "b/x"}, {}, {}}},
      {"new provider", [](Config& config) { config.routes[1] = route("b", {"n", "x"}); }, {{"b/n"}, {}, {}, {}}},
      {"provider gone", [](Config& config) { config.routes[0] = route("a", {"y"}); }, {{}, {"a/x"}, {}, {}}},
      {"renamed provider", [](Config& config) { config.routes[1] = route("b", {"z"}); }, {{"b/z"}, {"b/x"}, {}, {}}},
      {"order of providers", [](Config& config) { config.routes[0] = route("a", {"y", "x"}); }, {{}, {}, {"a"}, {}}},
      {"strategy", [](Config& config) { config.routes[0].strategy = Strategy::Random; }, {{}, {}, {"a"}, {}}},
      {"a setting of conversions",
       [](Config& config) { config.routes[0].conversion.strict_params = true; }, {{}, {}, {"a"}, {}}},
      {"params of a provider",
       [](Config& config) { config.routes[0].providers[0].params.drop = {"x"}; }, {{}, {}, {"a/x"}, {}}},
      {"aliases", [](Config& config) { config.routes[1].aliases = {"c"}; }, {{}, {}, {"b"}, {}}},
      {"key of a provider",
       [](Config& config) { config.routes[0].providers[1].api_key = Secret("k"); }, {{}, {}, {"a/y"}, {}}},
      {"mock of a provider",
       [](Config& config) { config.routes[0].providers[0].mock.failure_rate = 1; }, {{}, {}, {"a/x"}, {}}},
      {"a window of a quota",
       [](Config& config) { config.routes[0].providers[0].quota = {QuotaWindow{}}; }, {{}, {}, {"a/x"}, {}}},
      {"a key of the gateway",
       [](Config& config) { config.global.api_key = Secret("k"); }, {{}, {}, {"_global"}, {}}},
      {"limits of a provider",
       [](Config& config) { config.routes[0].providers[0].limits.max_concurrent = 1; }, {{}, {}, {"a/x"}, {}}},
      {"price of a provider",
       [](Config& config) { config.routes[0].providers[0].price = Price{}; }, {{}, {}, {"a/x"}, {}}},
      {"prices by model", [](Config& config) { config.global.prices.rows = {{"x", {}}}; }, {{}, {}, {"_global"}, {}}},
      {"new key and new owner",
       [](Config& config) {
         config.keys = {key("n"), key("k")};
         config.owners = {owner("o"), owner("*")};
       },
       {{"_keys/n", "_owners/*"}, {}, {}, {}}},
      {"key and owner gone",
       [](Config& config) {
         config.keys.clear();
         config.owners.clear();
       },
       {{}, {"_keys/k", "_owners/o"}, {}, {}}},
      {"renamed key", [](Config& config) { config.keys = {key("K")}; }, {{"_keys/K"}, {"_keys/k"}, {}, {}}},
      {"another secret",
       [](Config& config) { config.keys[0].digests[0].sha256 = std::string(64, 'f'); }, {{}, {}, {"_keys/k"}, {}}},
      {"markup of an owner", [](Config& config) { config.owners[0].markup_ppm = 1; }, {{}, {}, {"_owners/o"}, {}}},
      {"well-known prices",
       [](Config& config) { config.well_known_prices.rows = {{"x", {}}}; }, {{}, {}, {"prices.json"}, {}}},
      {"date of the prices", [](Config& config) { config.prices_date = "2026-11-21"; }, {{}, {}, {"prices.json"}, {}}},
      {"what was taken at start",
       [](Config& config) {
         config.global.host = "::";
         config.global.port = 1;
         config.global.threads = 1;
         config.global.max_connections = 1;
       },
       {{}, {}, {"_global"},
        {"_global.host", "_global.port", "_global.threads", "_global.max_connections"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Config after = two_models();
    row.change(after);
    const Changes changes = compare(two_models(), after);
    CHECK(changes == row.want);
    CHECK(changes.empty() == (row.want == Changes{}));
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
