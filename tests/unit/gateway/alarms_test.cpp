#include "gateway/alarms.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/loader.h"
#include "usage/counters_fixture.h"

namespace aigw::gateway {
namespace {

using std::chrono::hours;

// Providers, keys and counters as a file has them, and what webhooks are told of them.
struct WatchedHouse {
  usage::TempFolder folder;
  std::unique_ptr<usage::Counters> counters;
  std::shared_ptr<const LiveRoutes> routes;
  observe::Metrics metrics;
  std::shared_ptr<const Callers> callers;
  std::vector<std::string> told;  // `event kind name`
  std::unique_ptr<Alarms> alarms;
  Now now{wall_now(), SteadyTime(hours(1))};  // the routes look at their counters by the real clock

  explicit WatchedHouse(const std::string& text) {
    auto opened = usage::Counters::open(folder / "usage", {}, {}, now.wall);
    REQUIRE(opened);
    counters = std::move(*opened);
    alarms = std::make_unique<Alarms>(*counters, [this](const observe::Alert& alert) {
      told.push_back(std::string(to_string(alert.event)) + " " + alert.subject.kind + " " + alert.subject.name);
    });
    apply(text);
  }

  void apply(const std::string& text) {
    const config::Loaded loaded = config::load_text(text, [](std::string_view) { return std::nullopt; });
    REQUIRE(loaded.config != nullptr);
    counters->apply(*loaded.config, now.wall);
    routes = std::make_shared<const LiveRoutes>(loaded.config, routes.get(), *counters, metrics, nullptr);
    callers = std::make_shared<const Callers>(loaded.config, std::vector<config::Key>{}, nullptr, *counters);
  }

  // What is told half a second later.
  std::vector<std::string> look() {
    now.steady += Millis(500);
    now.wall += Millis(500);
    told.clear();
    alarms->look(routes, callers, now);
    return told;
  }

  const Backend& provider(std::size_t index = 0) const { return routes->routes().at(0).backends.at(index); }
  void fail(int times) const {
    for (int i = 0; i < times; ++i) provider().state->failed_itself();
  }
  // So many requests, of ten tokens each.
  void use(usage::Meter& meter, int requests) const {
    for (int i = 0; i < requests; ++i) {
      usage::Grant grant = meter.reserve({}, now);
      REQUIRE(grant);
      grant->settle(usage::Used{7, 3}, now);
    }
  }
};

using Told = std::vector<std::string>;

std::string with_provider(const std::string& fields) {
  return R"({"m": {"providers": [{"name": "p", "type": "mock")" + fields + "}]}}";
}

// Keys k0, k1, … with a budget of five requests.
std::string with_keys(int count) {
  std::string keys;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    keys += std::string(i == 0 ? "" : ", ") + "\"k" + number + R"(": {"key": "0123456789abcdef-)" + number +
            R"(", "budget": {"requests_per_period": 5, "period": "never"}})";
  }
  return R"({"_global": {"admin_key": "admin"}, "_keys": {)" + keys +
         R"(}, "m": {"providers": [{"name": "p", "type": "mock"}]}})";
}

}  // namespace

TEST_SUITE("gateway/alarms") {

TEST_CASE("a provider is told when it is down, and when it is up again, once each") {
  WatchedHouse house(with_provider(""));
  CHECK(house.look() == Told{});
  house.fail(2);
  CHECK(house.look() == Told{});
  house.fail(1);
  CHECK(house.look() == Told{"provider_down provider p"});
  house.fail(5);
  CHECK(house.look() == Told{});
  house.provider().state->succeeded();
  CHECK(house.look() == Told{"provider_up provider p"});
  CHECK(house.look() == Told{});
}

TEST_CASE("what was told of a provider stays known over a reload") {
  WatchedHouse house(with_provider(""));
  house.fail(3);
  CHECK(house.look() == Told{"provider_down provider p"});
  house.apply(with_provider(R"(, "weight": 7)"));
  CHECK(house.look() == Told{});
  house.provider().state->succeeded();
  CHECK(house.look() == Told{"provider_up provider p"});
}

TEST_CASE("a provider that was taken away, or is another one now, is not said to be up") {
  const auto at = [](const std::string& host) {
    return R"({"m": {"providers": [{"name": "p", "endpoint": "http://)" + host +
           R"(", "model": "x", "api_key": "k"}]}})";
  };
  WatchedHouse house(at("a"));
  house.fail(3);
  CHECK(house.look() == Told{"provider_down provider p"});
  house.apply(at("b"));
  CHECK(house.look() == Told{});
  house.fail(3);
  CHECK(house.look() == Told{"provider_down provider p"});
  house.apply(R"({"m": {"providers": [{"name": "q", "type": "mock"}]}})");
  CHECK(house.look() == Told{});
}

TEST_CASE("every limit of a quota is told, again in each period") {
  WatchedHouse house(with_provider(R"(, "rate_limit": [{"requests_per_period": 10, "tokens_per_period": 50,
                                                        "period": "5h"}])"));
  CHECK(house.look() == Told{});
  usage::Meter& meter = *house.provider().meter;
  house.use(meter, 4);  // 40 of 50 tokens
  CHECK(house.look() == Told{"quota_80 provider p"});
  house.use(meter, 1);
  CHECK(house.look() == Told{"quota_exhausted provider p"});
  house.now.wall += hours(5);
  CHECK(house.look() == Told{});
  house.use(meter, 5);
  CHECK(house.look() == Told{"quota_80 provider p", "quota_exhausted provider p"});
}

TEST_CASE("what is found by the first look is known") {
  WatchedHouse house(with_keys(2));
  house.use(*house.callers->meter_of(*house.callers->keys().at(0)), 4);
  CHECK(house.look() == Told{});
  house.use(*house.callers->meter_of(*house.callers->keys().at(0)), 1);
  house.use(*house.callers->meter_of(*house.callers->keys().at(1)), 4);
  CHECK(house.look() == Told{"budget_exhausted key k0", "budget_80 key k1"});
}

TEST_CASE("a key that is made later begins with nothing used") {
  WatchedHouse house(with_keys(1));
  CHECK(house.look() == Told{});
  house.apply(with_keys(2));
  house.use(*house.callers->meter_of(*house.callers->keys().at(1)), 5);
  CHECK(house.look() == Told{"budget_80 key k1", "budget_exhausted key k1"});
}

TEST_CASE("a balance is measured by its last credit") {
  WatchedHouse house(R"({"_owners": {"ada": {"prepaid": true}}, "m": {"providers": [{"name": "p", "type": "mock"}]}})");
  usage::Wallets& wallets = house.counters->wallets();
  const auto credit = [&](NanoDollars amount) { REQUIRE(wallets.credit("ada", amount, "", "", house.now.wall)); };
  const auto charge = [&](NanoDollars amount) {
    REQUIRE(wallets.reserve("ada", amount));
    wallets.settle("ada", amount, "k", amount, house.now.wall);
  };
  CHECK(house.look() == Told{});
  credit(100);
  charge(79);
  CHECK(house.look() == Told{});
  charge(1);
  CHECK(house.look() == Told{"budget_80 owner ada"});
  credit(30);  // 50 are left
  charge(39);
  CHECK(house.look() == Told{});
  charge(11);
  CHECK(house.look() == Told{"budget_80 owner ada", "budget_exhausted owner ada"});
}

TEST_CASE("of many budgets a look reads a part, and none is forgotten") {
  constexpr int kKeys = 2 * static_cast<int>(Alarms::kReadingsMax) + 500;
  WatchedHouse house(with_keys(kKeys));
  for (int i = 0; i < 3; ++i) CHECK(house.look() == Told{});
  const std::vector<const config::Key*> keys = house.callers->keys();
  for (const config::Key* const key : {keys.front(), keys.at(kKeys / 2), keys.back()}) {
    house.use(*house.callers->meter_of(*key), 4);
  }
  Told told;
  for (int i = 0; i < 9; ++i) {
    const Told more = house.look();
    CHECK(more.size() <= 1);
    told.insert(told.end(), more.begin(), more.end());
  }
  CHECK(told == Told{"budget_80 key k0", "budget_80 key k" + std::to_string(kKeys / 2),
                     "budget_80 key k" + std::to_string(kKeys - 1)});
}

TEST_CASE("while nobody listens nothing is remembered") {
  WatchedHouse house(with_keys(1));
  CHECK(house.look() == Told{});
  house.alarms->rest();
  house.use(*house.callers->meter_of(*house.callers->keys().at(0)), 4);
  CHECK(house.look() == Told{});
  house.use(*house.callers->meter_of(*house.callers->keys().at(0)), 1);
  CHECK(house.look() == Told{"budget_exhausted key k0"});
}

}  // TEST_SUITE

}  // namespace aigw::gateway
