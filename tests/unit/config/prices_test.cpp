#include "config/prices.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>

namespace aigw::config {
namespace {

__extension__ typedef __int128 Wide;

Price input_price(NanoDollars dollars) { return {dollars * kDollar, 0, {}, {}, 0}; }

PriceTable table_of(const std::vector<std::string>& patterns) {
  PriceTable table;
  for (const std::string& pattern : patterns) {
    table.rows.push_back({pattern, input_price(static_cast<NanoDollars>(table.rows.size()))});
  }
  return table;
}

Provider provider_at(const std::string& endpoint) {
  Provider provider;
  provider.endpoint = endpoint;
  return provider;
}

Provider mock() {
  Provider provider;
  provider.type = ProviderType::Mock;
  return provider;
}

std::string where(const Config& config, const Provider& provider, const std::string& model) {
  const FoundPrice found = price_of(config, provider, model);
  CHECK(found.price.has_value() == (found.source != PriceSource::Unknown));
  const std::string amount = found.price ? " " + format_dollars(found.price->input) : "";
  return to_string(found.source) + amount;
}

NanoDollars rounded(Wide millionths) { return static_cast<NanoDollars>((millionths + 500'000) / 1'000'000); }

// What cost_of() must give, by arithmetic that nothing overflows in.
NanoDollars cost_by_wide(const Price& price, const PricedTokens& tokens) {
  Wide sum = static_cast<Wide>(tokens.prompt - tokens.cached - tokens.cache_write) * price.input;
  sum += static_cast<Wide>(tokens.cached) * price.cached_input.value_or(price.input);
  sum += static_cast<Wide>(tokens.cache_write) * price.cache_write.value_or(price.input);
  sum += static_cast<Wide>(tokens.completion) * price.output;
  return rounded(sum) + price.per_request;
}

// Numbers of all sizes up to the largest, which comes often, as 0 does.
class Numbers {
 public:
  std::int64_t up_to(std::int64_t max) {
    const int kind = static_cast<int>(random_() % 8);
    if (kind == 0) return 0;
    if (kind == 1) return max;
    const auto bits = random_() % 44;
    return static_cast<std::int64_t>(random_() % ((std::uint64_t{1} << bits) + 1)) % (max + 1);
  }
  bool yes() { return random_() % 2 == 0; }

  Price price() {
    constexpr NanoDollars kMost = 10'000 * kDollar;
    Price price{up_to(kMost), up_to(kMost), {}, {}, up_to(kMost)};
    if (yes()) price.cached_input = up_to(kMost);
    if (yes()) price.cache_write = up_to(kMost);
    return price;
  }

  PricedTokens tokens() {
    constexpr std::int64_t kMost = 1'000'000'000;
    PricedTokens tokens{up_to(kMost), 0, 0, up_to(kMost)};
    tokens.cached = up_to(tokens.prompt);
    tokens.cache_write = up_to(tokens.prompt - tokens.cached);
    return tokens;
  }

 private:
  std::mt19937_64 random_{20261121};
};

}  // namespace

TEST_SUITE("config/prices") {

TEST_CASE("of a table's rows the exact name counts, then the longest pattern, then what follows the last slash") {
  struct Row {
    std::vector<std::string> patterns;
    std::string model;
    int want;  // of the rows; -1: none
  };
  const Row rows[] = {
      {{}, "a", -1},
      {{"a"}, "a", 0},
      {{"a"}, "A", -1},
      {{"a"}, "ab", -1},
      {{"*", "gpt-4o"}, "gpt-4o", 1},
      {{"gpt-*", "gpt-4o*", "*"}, "gpt-4o-mini", 1},
      {{"gpt-*", "gpt-4o*", "*"}, "gpt-5", 0},
      {{"gpt-*", "gpt-4o*", "*"}, "x", 2},
      // The stars themselves do not make a pattern longer.
      {{"g*p*t*-*", "gpt-4*"}, "gpt-4o", 1},
      {{"gpt*", "*-4o", "g*-4o"}, "gpt-4o", 2},
      {{"gp*", "g*o", "*4o"}, "gpt-4o", 0},
      {{"claude-x"}, "anthropic/claude-x", 0},
      {{"claude-x"}, "router/anthropic/claude-x", 0},
      {{"claude-*", "anthropic/*"}, "anthropic/claude-x", 1},
      {{"claude-x", "anthropic/claude-*"}, "anthropic/claude-x", 1},
      {{"anthropic/claude-x"}, "claude-x", -1},
      {{"a/b"}, "x/a/b", -1},
      {{"b"}, "b/", -1},
      {{""}, "b/", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patterns);
    CAPTURE(row.model);
    const PriceTable table = table_of(row.patterns);
    const Price* const found = table.find(row.model);
    const auto expected = static_cast<std::size_t>(std::max(row.want, 0));
    CHECK(found == (row.want < 0 ? nullptr : &table.rows[expected].price));
  }
}

TEST_CASE("a price comes from the provider, the file, the table, from being at home, or from nowhere") {
  Config config;
  config.global.prices.rows = {{"in-both", input_price(2)}, {"global-*", input_price(2)}};
  config.well_known_prices.rows = {{"in-both", input_price(3)}, {"table-*", input_price(3)}};
  const Provider away = provider_at("https://api.example.com/v1");
  const Provider home = provider_at("http://localhost:11434/v1");
  Provider own = away;
  own.price = input_price(1);
  Provider own_mock = mock();
  own_mock.price = input_price(1);
  struct Row {
    Provider provider;
    std::string model;
    std::string want;
  };
  const Row rows[] = {
      {own, "in-both", "provider 1"},       {own, "x", "provider 1"},
      {own_mock, "in-both", "provider 1"},  {away, "in-both", "global 2"},
      {away, "global-x", "global 2"},       {away, "vendor/global-x", "global 2"},
      {away, "table-x", "table 3"},         {away, "vendor/table-x", "table 3"},
      {away, "x", "unknown"},               {home, "in-both", "global 2"},
      {home, "table-x", "table 3"},         {home, "x", "home 0"},
      {mock(), "in-both", "global 2"},      {mock(), "table-x", "home 0"},
      {mock(), "x", "home 0"},              {provider_at("https://192.168.1.7/v1"), "x", "home 0"},
      {provider_at("https://8.8.8.8/v1"), "x", "unknown"}, {provider_at(""), "x", "unknown"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.provider.endpoint);
    CAPTURE(row.model);
    CHECK(where(config, row.provider, row.model) == row.want);
  }
}

TEST_CASE("a cost is the sum of its parts, rounded once") {
  const Price price = {2'500'000'000, 10'000'000'000, 1'250'000'000, 3'125'000'000, 5'000'000};
  struct Row {
    std::string name;
    Price price;
    PricedTokens tokens;
    NanoDollars want;
  };
  const Price tiny = {1, 1, 1, 1, 0};  // a millionth of a nano-dollar for a token
  const Row rows[] = {
      {"nothing", price, {}, 5'000'000},
      {"a million of each", price, {3'000'000, 1'000'000, 1'000'000, 1'000'000},
       2'500'000'000 + 1'250'000'000 + 3'125'000'000 + 10'000'000'000 + 5'000'000},
      {"a token", price, {1, 0, 0, 1}, 2'500 + 10'000 + 5'000'000},
      {"without prices of a cache", input_price(3), {1'000'000, 300'000, 200'000, 7}, 3 * kDollar},
      {"free from the cache", {kDollar, 0, NanoDollars{0}, {}, 0}, {1'000'000, 400'000, 0, 0}, 600'000'000},
      {"half a nano-dollar is one", tiny, {500'000, 0, 0, 0}, 1},
      {"less than half is none", tiny, {499'999, 0, 0, 0}, 0},
      {"halves of several parts", tiny, {750'000, 250'000, 250'000, 250'000}, 1},
      {"parts that are only together a half", tiny, {200'000, 0, 0, 300'000}, 1},
      {"the most there is", {10'000 * kDollar, 10'000 * kDollar, {}, {}, 10'000 * kDollar},
       {1'000'000'000, 0, 0, 1'000'000'000}, 20'010'000 * kDollar},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(cost_of(row.price, row.tokens) == row.want);
  }
}

TEST_CASE("costs and charges are exact for all prices and counts") {
  Numbers numbers;
  for (int i = 0; i < 20'000; ++i) {
    const Price price = numbers.price();
    const PricedTokens tokens = numbers.tokens();
    const NanoDollars cost = cost_of(price, tokens);
    Owner owner;
    owner.markup_ppm = numbers.up_to(100'000'000);
    const NanoDollars charge = with_markup(&owner, cost);
    CAPTURE(i);
    REQUIRE(cost == cost_by_wide(price, tokens));
    REQUIRE(charge == cost + rounded(static_cast<Wide>(cost) * owner.markup_ppm));
  }
}

TEST_CASE("an owner pays the cost and the markup") {
  Owner owner;
  CHECK(with_markup(nullptr, 7) == 7);
  CHECK(with_markup(&owner, 7) == 7);
  owner.markup_ppm = 200'000;
  CHECK(with_markup(&owner, 10) == 12);
  CHECK(with_markup(&owner, 12) == 14);  // 2.4
  CHECK(with_markup(&owner, 13) == 16);  // 2.6
  owner.markup_ppm = 500'000;
  CHECK(with_markup(&owner, 1) == 2);    // a half up
  owner.markup_ppm = 100'000'000;
  CHECK(with_markup(&owner, kDollar) == 101 * kDollar);
}

}  // TEST_SUITE

}  // namespace aigw::config
