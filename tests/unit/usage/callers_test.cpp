// Counters of those who call: keys and owners.
#include <doctest/doctest.h>

#include <algorithm>

#include "usage/callers_fixture.h"
#include "usage/names.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr int kMany = 10'000;

struct Crowd {
  std::vector<config::Key> keys;
  Counters::OwnerTerms terms = [](const std::string& name) {
    return std::optional(owner_of(name, {cost_limit(5 * kDollar, "0 0 1 * *")}, {600, {}, {}}));
  };

  explicit Crowd(int count) {
    for (int i = 0; i < count; ++i) {
      keys.push_back(key_of("key-" + std::to_string(i), {cost_limit(kDollar), rolling("5h", 100)}, {60, 100'000, 4},
                            "owner-" + std::to_string(i / 10)));
    }
  }
};

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_regular_file() && name.front() == '_') files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void use(Meter& caller, Gateway& gateway, WallTime now = noon(), NanoDollars charge = 10) {
  auto one = gateway.meter()->reserve({}, clocks(now));
  auto other = caller.reserve({}, clocks(now));
  REQUIRE(other);
  Reservation::settle_both(*one, &*other, used_for(charge, charge), clocks(now));
}

}  // namespace

TEST_SUITE("usage/callers") {
  TEST_CASE("ten thousand keys have meters, and only those that were used have files") {
    const TempFolder folder;
    const Crowd crowd(kMany);
    {
      Gateway gateway(folder.path());
      const auto meters = gateway.counters->apply_callers(crowd.keys, crowd.terms, noon());
      REQUIRE(meters.size() == kMany);
      CHECK(std::count(meters.begin(), meters.end(), nullptr) == 0);
      gateway.counters->tick(noon());
      CHECK(files_below(folder.path()).empty());
      use(*meters[4711], gateway);
      use(*meters[4712], gateway);
      CHECK(meters[4711]->state(noon()).total.cost == 10);
      CHECK(meters[4710]->state(noon()).total.requests == 0);
      CHECK(meters[4719]->account_state(noon())->total.cost == 20);
      gateway.counters->tick(noon() + std::chrono::hours(1));
      REQUIRE(gateway.counters->flush(noon() + std::chrono::hours(24 * 400)));
    }
    CHECK(files_below(folder.path()) ==
          std::vector<std::string>{"_keys/key-4711.json", "_keys/key-4712.json", "_owners/owner-471.json"});
    Gateway gateway(folder.path());
    CHECK(gateway.counters->apply_callers(crowd.keys, crowd.terms, noon())[4711]->state(noon()).total.cost == 10);
  }

  TEST_CASE("applied again, everybody keeps what was counted, held and limited") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.key.limits = {2, {}, {}};
    household.key.budget = {limit_of(3)};
    const auto first = household.apply(gateway);
    use(*first, gateway);
    auto in_flight = first->reserve({}, clocks(noon()));
    REQUIRE(in_flight);
    const auto second = household.apply(gateway);
    CHECK_FALSE(second->reserve({}, clocks(noon())));
    CHECK(second->state(noon()).reserved_requests == 1);
    const WallTime later = noon() + std::chrono::seconds(61);
    CHECK(second->reserve({}, clocks(later)));
    in_flight->settle(used_for(1, 1), clocks(later));
    use(*second, gateway, later);
    CHECK_FALSE(second->reserve({}, clocks(later + std::chrono::seconds(200))));
    CHECK(key_used(*first, later).requests == 3);
  }

  TEST_CASE("who is left out loses limits, not counts") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.key.budget = {limit_of(1)};
    const auto laptop = household.apply(gateway);
    use(*laptop, gateway);
    CHECK_FALSE(laptop->reserve({}, clocks(noon())));
    REQUIRE(gateway.counters->apply_callers({key_of("phone", {limit_of(1)})}, terms_of({}), noon()).size() == 1);
    CHECK(laptop->reserve({}, clocks(noon())));
    gateway.counters->apply(household.config, noon());  // the providers' reload is none of theirs
    const auto again = household.apply(gateway);
    CHECK_FALSE(again->reserve({}, clocks(noon())));
    CHECK(key_used(*again).requests == 1);
  }

  TEST_CASE("changes to keys leave the limits of owners who send none in force") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.owner = owner_of("ada", {limit_of(2)}, {1, {}, 1});
    household.apply(gateway);
    const auto ada = gateway.counters->owner("ada", noon());
    const auto held = ada->reserve({}, clocks(noon()));
    REQUIRE(held);
    household.key.limits = {5, {}, {}};
    household.apply(gateway);
    CHECK_FALSE(ada->reserve({}, clocks(noon())));
    CHECK_FALSE(gateway.counters->owner("ada", noon())->reserve({}, clocks(noon())));
  }

  TEST_CASE("an owner is held to the terms that were applied last, whoever asks for the meter") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.owner = owner_of("ada", {}, {1, {}, {}});
    household.apply(gateway);
    const auto early = gateway.counters->owner("ada", noon());
    household.owner.limits = {2, {}, {}};
    household.apply(gateway);
    CHECK(early->requests_in_minute(clocks(noon()).steady)->limit == 2);
    CHECK(gateway.counters->owner("ada", noon())->requests_in_minute(clocks(noon()).steady)->limit == 2);
    CHECK(early->requests_in_minute(clocks(noon()).steady)->limit == 2);
  }

  TEST_CASE("who calls may have no owner, no key, or neither; the gateway's limit holds for all together") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.gateway_limits() = {4, {}, {}};
    household.apply(gateway);
    auto meters = gateway.counters->apply_callers({household.key, key_of("phone")}, terms_of({household.owner}), noon());
    meters.push_back(gateway.counters->owner("anna", noon()));
    meters.push_back(gateway.counters->anybody());
    for (const auto& meter : meters) use(*meter, gateway);
    for (const auto& meter : meters) {
      const auto refused = meter->reserve({}, clocks(noon()));
      REQUIRE_FALSE(refused);
      CHECK(refused.shortage().title == "the gateway");
    }
    CHECK(key_used(*meters[0]).requests == 1);
    CHECK(owner_used(*meters[0]).requests == 2);
    CHECK(meters[2]->state(noon()).total.requests == 2);
    CHECK(meters[3]->state(noon()).total == Counts{});
    CHECK_FALSE(meters[3]->account_state(noon()));
    CHECK_FALSE(meters[3]->forecast(noon()).limited());
  }

  TEST_CASE("a key's counter is set to zero by hand, and stays so") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.key.budget = {cost_limit(10)};
    const auto caller = household.apply(gateway);
    use(*caller, gateway);
    CHECK_FALSE(caller->reserve({}, clocks(noon())));
    const auto before = gateway.counters->reset(std::string(kKeys), "laptop", noon());
    REQUIRE(before);
    CHECK(before->cost == 10);
    CHECK(caller->reserve({}, clocks(noon())));
    CHECK(owner_used(*caller).cost == 10);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    Gateway next(killed.path());
    CHECK(key_used(*household.apply(next)).cost == 0);
  }

  TEST_CASE("what those who call used goes to no history: it is there by key already") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const Household household;
    use(*household.apply(gateway), gateway);
    std::int64_t rows = 0;
    REQUIRE(gateway.counters->read_history(noon() - std::chrono::hours(48), noon() + std::chrono::hours(48),
                                           [&](const HistoryRow& row) {
                                             CHECK(row.model == "gpt");
                                             CHECK(row.total.key == "laptop");
                                             CHECK(row.total.used.cost == 10);
                                             ++rows;
                                           }));
    CHECK(rows == 1);
  }

  TEST_CASE("a journal of the first version is counted, with those that follow it") {
    const TempFolder folder;
    put(folder / "journal", "\n53d4c8c8 U 1705320000123 10 5 - 12 - 1 0 gpt one |0|1705276800|-");
    Gateway gateway(folder.path());
    CHECK(gateway.warnings.empty());
    CHECK(gateway.state().total == Counts{1, 10, 5, 0, 0, 0, 0, 0});
    const Household household;
    use(*household.apply(gateway), gateway);
    const TempFolder killed;
    copy_as_killed(folder.path(), killed.path());
    CHECK(Gateway(killed.path()).state().total == Counts{2, 17, 8, 0, 0, 0, 10, 0});
  }
}
