#include "usage/meter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "usage/callers_fixture.h"
#include "usage/names.h"
#include "usage/record.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr NanoDollars kCost = 12'345'678;
constexpr int kThreads = 200;
const Estimate kEstimate{10, kCost};

config::Limits per_minute(std::int64_t requests) { return {requests, {}, {}}; }
config::Limits at_once(std::int64_t requests) { return {{}, {}, requests}; }

struct Change {
  std::string name;
  std::function<void(Household&)> make;
};

// What lets exactly `count` exchanges through that cost kCost and use 10 tokens each.
std::vector<Change> limits_to(std::int64_t count) {
  return {{"requests of the key", [=](Household& h) { h.key.budget = {limit_of(count)}; }},
          {"money of the key", [=](Household& h) { h.key.budget = {cost_limit(count * kCost)}; }},
          {"a little more money", [=](Household& h) { h.key.budget = {cost_limit((count - 1) * kCost + 1)}; }},
          {"money of the key that never comes back",
           [=](Household& h) {
             h.key.budget = {cost_limit(count * kCost)};
             h.key.budget[0].period = "never";
           }},
          {"tokens of the owner", [=](Household& h) { h.owner.budget = {limit_of({}, 10 * count)}; }},
          {"money of the owner, in the second of two windows",
           [=](Household& h) { h.owner.budget = {rolling("5h", 2 * count), cost_limit(count * kCost)}; }},
          {"the owner's, beside more of the key's",
           [=](Household& h) {
             h.key.budget = {cost_limit(2 * count * kCost)};
             h.key.limits = per_minute(count + count / 2);
             h.owner.budget = {cost_limit(count * kCost)};
           }},
          {"a minute's requests of the key", [=](Household& h) { h.key.limits = per_minute(count); }},
          {"a minute's tokens of the owner", [=](Household& h) { h.owner.limits = {{}, 10 * count, {}}; }},
          {"a minute's requests of the gateway", [=](Household& h) { h.gateway_limits() = per_minute(count); }}};
}

// How many reservations it gives; they are given back.
int room(Meter& meter) {
  std::vector<Reservation> held;
  for (;;) {
    auto grant = meter.reserve(kEstimate, clocks(noon()));
    if (!grant) return static_cast<int>(held.size());
    held.push_back(std::move(*grant));
    REQUIRE(held.size() < 1000);
  }
}

int race(Meter& meter, bool settles) {
  std::atomic<int> through{0};
  std::vector<std::vector<Reservation>> held(kThreads);
  in_threads(kThreads, [&](int thread) {
    auto grant = meter.reserve(kEstimate, clocks(noon()));
    if (!grant) return;
    ++through;
    if (settles) grant->settle(used_for(kCost / 2, kCost), clocks(noon()));
    if (!settles) held[static_cast<std::size_t>(thread)].push_back(std::move(*grant));
  });
  return through;
}

}  // namespace

TEST_SUITE("usage/meter") {
  TEST_CASE("of 200 threads exactly as many get through as each budget and limit of a caller lets") {
    for (const Change& limited : limits_to(100)) {
      for (const bool settles : {true, false}) {
        CAPTURE(limited.name);
        CAPTURE(settles);
        const TempFolder folder;
        Gateway gateway(folder.path());
        Household household;
        limited.make(household);
        const auto caller = household.apply(gateway);
        CHECK(race(*caller, settles) == 100);
        CHECK(key_used(*caller).requests == (settles ? 100 : 0));
        CHECK(owner_used(*caller).cost == (settles ? 100 * kCost : 0));
        CHECK(caller->state(noon()).reserved_requests == 0);
        CHECK(caller->state(noon()).reserved_cost == 0);
        CHECK(room(*caller) == (settles ? 0 : 100));
      }
    }
  }

  TEST_CASE("a balance of as many times the cost lets exactly as many of 200 threads through") {
    for (const bool settles : {true, false}) {
      CAPTURE(settles);
      const TempFolder folder;
      Gateway gateway(folder.path());
      const Household household;
      const auto caller = household.apply(gateway);
      REQUIRE(gateway.counters->wallets().credit("anna", 100 * kCost, "", "", noon()));
      CHECK(race(*caller, settles) == 100);
      CHECK(gateway.counters->wallets().balance("anna") == (settles ? 0 : 100 * kCost));
      CHECK(room(*caller) == (settles ? 0 : 100));
    }
  }

  TEST_CASE("a refused reservation leaves nothing held anywhere") {
    // Each lets 5 through; after many refusals by another one that lets nobody, 5 still get through.
    const std::vector<Change> refusals = {
        {"the key's limit", [](Household& h) { h.key.limits = at_once(1); }},
        {"the owner's limit", [](Household& h) { h.owner.limits = at_once(1); }},
        {"the gateway's limit", [](Household& h) { h.gateway_limits() = at_once(1); }},
        {"the key's budget", [](Household& h) { h.key.budget = {limit_of(1)}; }},
        {"the owner's budget", [](Household& h) { h.owner.budget = {cost_limit(1)}; }},
        {"the balance", [](Household& h) { h.owner.prepaid = true; }}};
    for (const Change& refused : refusals) {
      for (const Change& limited : limits_to(5)) {
        CAPTURE(refused.name);
        CAPTURE(limited.name);
        const TempFolder folder;
        Gateway gateway(folder.path());
        Household household;
        limited.make(household);
        Household strict = household;
        refused.make(strict);
        const auto caller = strict.apply(gateway);
        auto only = caller->reserve({1, 1}, clocks(noon()));
        CHECK(static_cast<bool>(only) == !strict.owner.prepaid);
        for (int i = 0; i < 20; ++i) CHECK_FALSE(caller->reserve(kEstimate, clocks(noon())));
        if (only) std::optional<Reservation>(std::move(*only)).reset();
        CHECK(room(*household.apply(gateway)) == 5);
        CHECK(caller->state(noon()).reserved_tokens == 0);
        CHECK(caller->account_state(noon())->reserved_cost == 0);
      }
    }
  }

  TEST_CASE("who has no room is told whose limit it is, and until when") {
    using Why = Shortage::Why;
    struct Row {
      Change limited;
      Why why;
      std::string title;
      bool until;
    };
    for (const Row& row :
         {Row{{"", [](Household& h) { h.key.budget = {cost_limit(kCost)}; }}, Why::Quota, "key laptop", true},
          Row{{"", [](Household& h) { h.owner.budget = {limit_of(1)}; }}, Why::Quota, "owner anna", true},
          Row{{"", [](Household& h) { h.key.limits = per_minute(1); }}, Why::Rate, "key laptop", false},
          Row{{"", [](Household& h) { h.owner.limits = per_minute(1); }}, Why::Rate, "owner anna", false},
          Row{{"", [](Household& h) { h.gateway_limits() = per_minute(1); }}, Why::Rate, "the gateway", false}}) {
      CAPTURE(row.title);
      const TempFolder folder;
      Gateway gateway(folder.path());
      Household household;
      row.limited.make(household);
      const auto caller = household.apply(gateway);
      caller->reserve(kEstimate, clocks(noon()))->settle(used_for(kCost, kCost), clocks(noon()));
      const auto refused = caller->reserve(kEstimate, clocks(noon()));
      REQUIRE_FALSE(refused);
      const Shortage& shortage = refused.shortage();
      CHECK(shortage.why == row.why);
      CHECK(shortage.title == row.title);
      CHECK(shortage.until.has_value() == row.until);
      CHECK(shortage.state.has_value() == row.until);
      CHECK(shortage.rate.has_value() == (row.why == Why::Rate));
      if (row.until) CHECK(refused.shortage().until == caller->full_until(noon()));
    }
  }

  TEST_CASE("a balance that is used up is told as one; without a credit only those who prepay need one") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    auto caller = household.apply(gateway);
    CHECK(caller->reserve(kEstimate, clocks(noon())));
    household.owner.prepaid = true;
    caller = household.apply(gateway);
    const auto refused = caller->reserve(kEstimate, clocks(noon()));
    REQUIRE_FALSE(refused);
    CHECK(refused.shortage().why == Shortage::Why::Balance);
    CHECK(refused.shortage().title == "anna");
    REQUIRE(gateway.counters->wallets().credit("anna", 1, "", "", noon()));
    caller->reserve(kEstimate, clocks(noon()))->settle(used_for(0, 5), clocks(noon()));
    CHECK(gateway.counters->wallets().balance("anna") == -4);
    CHECK_FALSE(caller->reserve({}, clocks(noon())));
  }

  TEST_CASE("both sides of an exchange are one record, and it counts once in each counter") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const Household household;
    const auto caller = household.apply(gateway);
    REQUIRE(gateway.counters->wallets().credit("anna", kDollar, "", "", noon()));
    const auto provider = gateway.meter();
    for (int i = 0; i < 2; ++i) {
      auto one = provider->reserve(kEstimate, clocks(noon()));
      auto other = caller->reserve(kEstimate, clocks(noon()));
      Reservation::settle_both(*one, &*other, used_for(100, 120), clocks(noon()));
      one->settle(used_for(9, 9), clocks(noon()));
      other->settle(used_for(9, 9), clocks(noon()));
      Reservation::settle_both(*one, &*other, used_for(9, 9), clocks(noon()));
    }
    const std::string journal = contents(folder / "journal");
    CHECK(std::count(journal.begin(), journal.end(), '\n') == 2);
    const std::string line = journal.substr(journal.rfind('\n') + 1);
    const auto record = parse_record(line);
    REQUIRE(record);
    CHECK(record->used.cost == 100);
    CHECK(record->used.charge == 120);
    std::vector<std::string> tags;
    for (const Mark& mark : record->marks) {
      tags.emplace_back(mark.tag);
      CHECK(mark.sequence == 2);
    }
    CHECK(tags == std::vector<std::string>{"gpt one", "_providers acme", "_keys laptop", "_owners anna"});
    REQUIRE(record->debit);
    CHECK(record->debit->owner == "anna");
    CHECK(record->debit->sequence == 2);

    const TempFolder killed;
    copy_as_killed(folder.path().parent_path(), killed.path().parent_path());
    Gateway again(killed.path());
    for (Gateway* each : {&gateway, &again}) {
      const auto meter = household.apply(*each);
      CHECK(each->state().total == Counts{2, 14, 6, 0, 0, 0, 200, 0});
      CHECK(each->meter()->account_state(noon())->total.cost == 200);
      CHECK(meter->state(noon()).total == Counts{2, 14, 6, 0, 0, 0, 240, 0});  // as the owner is charged
      CHECK(meter->account_state(noon())->total.cost == 240);
      CHECK(each->counters->wallets().balance("anna") == kDollar - 240);
      CHECK(meter->state(noon()).reserved_requests == 0);
      CHECK(each->state().reserved_cost == 0);
    }
  }

  TEST_CASE("what failed after it was sent leaves the quotas, not the minute; what was given back leaves both") {
    for (const bool sent : {true, false}) {
      CAPTURE(sent);
      const TempFolder folder;
      Gateway gateway(folder.path());
      Household household;
      household.key.limits = per_minute(5);
      household.key.budget = {cost_limit(kCost)};
      const auto caller = household.apply(gateway);
      REQUIRE(gateway.counters->wallets().credit("anna", kCost, "", "", noon()));
      {
        auto grant = caller->reserve(kEstimate, clocks(noon()));
        REQUIRE(grant);
        CHECK(caller->requests_in_minute(clocks(noon()).steady)->remaining == 4);
        if (sent) grant->fail(clocks(noon()));
      }
      CHECK(caller->requests_in_minute(clocks(noon()).steady)->remaining == (sent ? 4 : 5));
      CHECK(caller->state(noon()).reserved_cost == 0);
      CHECK(caller->reserve(kEstimate, clocks(noon())));
    }
  }

  TEST_CASE("a request that an account's limit keeps from being sent again does not count against the entry's either") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.provider().limits = per_minute(3);
    household.provider().account_limits = per_minute(2);
    household.apply(gateway);
    const auto meter = gateway.meter();
    const Now now = clocks(noon());
    auto grant = meter->reserve(kEstimate, now);
    CHECK(grant->again(now));
    for (int i = 0; i < 5; ++i) CHECK_FALSE(grant->again(now));
    grant->fail(now);
    CHECK_FALSE(grant->again(now));
    household.provider().account_limits = {};
    household.apply(gateway);
    CHECK(meter->requests_in_minute(now.steady)->remaining == 1);
  }

  TEST_CASE("clients are told of the limit of which least is left") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    Household household;
    household.key.limits = {10, {}, {}};
    household.owner.limits = {5, 1000, {}};
    household.gateway_limits() = {100, 500, {}};
    const auto caller = household.apply(gateway);
    const SteadyTime now = clocks(noon()).steady;
    caller->reserve({20, 0}, clocks(noon()))->settle(used_for(0, 0), clocks(noon()));
    CHECK(caller->requests_in_minute(now)->limit == 5);
    CHECK(caller->requests_in_minute(now)->remaining == 4);
    CHECK(caller->tokens_in_minute(now)->limit == 500);
    CHECK(caller->tokens_in_minute(now)->remaining == 490);
    CHECK_FALSE(gateway.meter()->requests_in_minute(now));
  }

  TEST_CASE("an exchange without a key's name is charged under one name, over restarts too") {
    const TempFolder folder;
    Gateway gateway(folder.path());
    const Household household;
    const auto caller = household.apply(gateway);
    REQUIRE(gateway.counters->wallets().credit("anna", kDollar, "", "", noon()));
    auto one = gateway.meter()->reserve({}, clocks(noon()));
    auto other = caller->reserve({}, clocks(noon()));
    Reservation::settle_both(*one, &*other, used_for(7, 7, ""), clocks(noon()));
    REQUIRE(gateway.counters->wallets().write(noon(), Wallets::Which::All));
    const TempFolder killed;
    copy_as_killed(folder.path().parent_path(), killed.path().parent_path());
    CHECK(Gateway(killed.path()).counters->wallets().balance("anna") == kDollar - 7);
  }

  TEST_CASE("absurd costs spoil neither sums nor files") {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    const TempFolder folder;
    {
      Gateway gateway(folder.path());
      const Household household;
      const auto caller = household.apply(gateway);
      REQUIRE(gateway.counters->wallets().credit("anna", 800'000'000 * kDollar, "", "", noon()));
      for (int i = 0; i < 200; ++i) {
        auto one = gateway.meter()->reserve({kMax, kMax}, clocks(noon()));
        auto other = caller->reserve({kMax, kMax}, clocks(noon()));
        REQUIRE(one);
        REQUIRE(other);
        Reservation::settle_both(*one, &*other, used_for(kMax, kMax), clocks(noon()));
      }
    }
    Gateway gateway(folder.path());
    CHECK(gateway.warnings.empty());
    CHECK(gateway.state().total.requests == 200);
    CHECK(gateway.state().total.cost == gateway.counters->meter("_owners", "anna")->state(noon()).total.cost);
    CHECK(gateway.counters->wallets().balance("anna") == 800'000'000 * kDollar - gateway.state().total.cost);
  }
}
