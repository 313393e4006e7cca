#include "gateway/billing.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace aigw::gateway {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A provider with nothing but a price.
struct Priced {
  config::Provider config;
  Backend backend;

  explicit Priced(const config::Price& price)
      : backend{&config, {}, nullptr, nullptr, nullptr, nullptr, config::FoundPrice{config::PriceSource::Entry, price}} {}
  Priced(const Priced&) = delete;
  Priced& operator=(const Priced&) = delete;
};

const LiveRoute kNoRoute{};

TEST_SUITE("gateway/billing") {
  TEST_CASE("a request is expected to use its prompt and the answer it allows, or else an average one") {
    constexpr std::int64_t kAverage = 30;
    struct Row {
      std::string name;
      Dialect dialect;
      std::int64_t prompt;
      std::optional<std::int64_t> max_tokens;
      std::int64_t choices;
      std::int64_t want;
    };
    for (const Row& row : {
             Row{"a limit", Dialect::Chat, 100, 500, 1, 600},
             Row{"no limit", Dialect::Chat, 100, std::nullopt, 1, 130},
             Row{"no answer wanted", Dialect::Chat, 100, 0, 1, 100},
             Row{"-1 for no limit", Dialect::Chat, 100, -1, 1, 130},
             Row{"the least number", Dialect::Chat, 100, -kMost - 1, 3, 130},
             Row{"the limit holds for each choice", Dialect::Chat, 100, 500, 3, 1'600},
             Row{"the average has all choices", Dialect::Chat, 100, std::nullopt, 3, 130},
             Row{"completions", Dialect::Completions, 100, 500, 2, 1'100},
             Row{"responses", Dialect::Responses, 100, 500, 1, 600},
             Row{"responses without a limit", Dialect::Responses, 100, std::nullopt, 1, 130},
             Row{"embeddings have no completion", Dialect::Embeddings, 100, 500, 2, 100},
             Row{"nor has what is forwarded as it is", Dialect::Plain, 100, std::nullopt, 1, 100},
             Row{"the largest limit", Dialect::Chat, 0, kMost, 1, kMost},
             Row{"the sum too large", Dialect::Chat, 1, kMost, 1, kMost},
             Row{"the product too large", Dialect::Chat, 1, kMost / 2, 3, kMost},
             Row{"both factors the largest", Dialect::Chat, 100, kMost, kMost, kMost},
             Row{"nothing of many choices", Dialect::Chat, 100, 0, kMost, 100},
         }) {
      CAPTURE(row.name);
      const protocol::Endpoint endpoint{"/path", row.dialect, protocol::BodyKind::JsonObject, true};
      Asked asked;
      asked.endpoint = &endpoint;
      asked.prompt_tokens = row.prompt;
      asked.envelope.max_tokens = row.max_tokens;
      asked.envelope.choices = row.choices;
      CHECK(total_tokens(expected_use(asked, kAverage)) == row.want);
    }
  }

  TEST_CASE("before the first answer only the prompt is expected") {
    const protocol::Endpoint endpoint{"/path", Dialect::Chat, protocol::BodyKind::JsonObject, true};
    Asked asked;
    asked.endpoint = &endpoint;
    asked.prompt_tokens = 100;
    CHECK(total_tokens(expected_use(asked, 0)) == 100);
  }

  TEST_CASE("of an answer of which nothing is known a thousand tokens are held in money") {
    const protocol::Endpoint chat{"/path", Dialect::Chat, protocol::BodyKind::JsonObject, true};
    const protocol::Endpoint embeddings{"/path", Dialect::Embeddings, protocol::BodyKind::JsonObject, false};
    Priced at(config::Price{1'000'000'000, 2'000'000'000, {}, {}, 5});  // a token 1000, and 2000 of the answer
    struct Row {
      std::string name;
      const protocol::Endpoint* endpoint;
      std::optional<std::int64_t> max_tokens;
      std::int64_t average;
      NanoDollars want;
    };
    for (const Row& row : {Row{"nothing is known", &chat, std::nullopt, 0, 100'000 + 2'000'000 + 5},
                           Row{"an average", &chat, std::nullopt, 30, 100'000 + 60'000 + 5},
                           Row{"a limit", &chat, 10, 0, 100'000 + 20'000 + 5},
                           Row{"no answer wanted", &chat, 0, 0, 100'000 + 5},
                           Row{"no answer is written", &embeddings, std::nullopt, 0, 100'000 + 5}}) {
      CAPTURE(row.name);
      Asked asked;
      asked.endpoint = row.endpoint;
      asked.prompt_tokens = 100;
      asked.envelope.max_tokens = row.max_tokens;
      const Bill bill = expected_bill(asked, kNoRoute, at.backend, nullptr, expected_use(asked, row.average));
      CHECK(bill.cost == row.want);
      CHECK(bill.charge == row.want);
    }
  }

  TEST_CASE("an owner is charged by a price of its own, else with a markup") {
    const config::FoundPrice price{config::PriceSource::Entry, config::Price{1'000'000'000, 0, {}, {}, 0}};
    const config::Price own{0, 0, {}, {}, 7};
    config::Owner owner;
    owner.markup_ppm = 200'000;
    CHECK(bill_of(price, nullptr, &owner, {10, 0, 0, 0}).cost == 10'000);
    CHECK(bill_of(price, nullptr, &owner, {10, 0, 0, 0}).charge == 12'000);
    CHECK(bill_of(price, &own, &owner, {10, 0, 0, 0}).charge == 7);
    CHECK(bill_of(price, nullptr, nullptr, {10, 0, 0, 0}).charge == 10'000);
    CHECK(bill_of({}, &own, &owner, {10, 0, 0, 0}).charged);
    CHECK_FALSE(bill_of({}, &own, &owner, {10, 0, 0, 0}).priced);
  }

  TEST_CASE("an owner's own price is found by the name that was asked for, and by the route's") {
    config::Route config;
    config.model = "gpt-4o";
    LiveRoute route;
    route.config = &config;
    config::Owner owner;
    owner.prices.rows = {{"gpt-4o", config::Price{0, 0, {}, {}, 7}}, {"cheap", config::Price{0, 0, {}, {}, 1}}};
    REQUIRE(own_price(&owner, "alias", route) != nullptr);
    CHECK(own_price(&owner, "alias", route)->per_request == 7);
    CHECK(own_price(&owner, "cheap", route)->per_request == 1);
    config.model = "other";
    CHECK(own_price(&owner, "alias", route) == nullptr);
    CHECK(own_price(nullptr, "gpt-4o", route) == nullptr);
  }

  TEST_CASE("an answer that broke off has used at least the text that came") {
    const protocol::Endpoint endpoint{"/path", Dialect::Messages, protocol::BodyKind::JsonObject, true};
    Asked asked;
    asked.endpoint = &endpoint;
    asked.prompt_tokens = 5;
    Progress progress;
    CHECK(use_of(asked, progress).prompt == 5);
    CHECK(use_of(asked, progress).completion == 0);
    progress.text_bytes = 400;
    CHECK(use_of(asked, progress).completion == 100);
    progress.usage = protocol::TokenCount{9, 1, 4, 2};
    CHECK(use_of(asked, progress).prompt == 9);
    CHECK(use_of(asked, progress).cached == 4);
    CHECK(use_of(asked, progress).completion == 100);
    progress.complete = true;
    CHECK(use_of(asked, progress).completion == 1);
  }

  TEST_CASE("what has no price costs nothing that is known") {
    const Bill bill = bill_of({}, nullptr, nullptr, {10, 0, 0, 10});
    CHECK_FALSE(bill.priced);
    CHECK(bill.cost == 0);
  }

  TEST_CASE("counts that no provider can mean are taken for the nearest ones that it can") {
    const config::FoundPrice price{config::PriceSource::Entry, config::Price{1'000'000, 1'000'000, 0, 0, 0}};
    CHECK(bill_of(price, nullptr, nullptr, {-5, 0, 0, -7}).cost == 0);
    CHECK(bill_of(price, nullptr, nullptr, {kMost, 0, 0, 0}).cost == 1'000'000'000);
    CHECK(bill_of(price, nullptr, nullptr, {10, 99, 99, 0}).cost == 0);  // all of it from the cache
  }
}

}  // namespace
}  // namespace aigw::gateway
