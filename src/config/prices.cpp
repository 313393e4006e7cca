#include "config/prices.h"

#include <algorithm>

#include "base/address.h"
#include "base/url.h"
#include "config/model_pattern.h"

namespace aigw::config {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// A sum of products, each divided by a million, that is rounded once. Kept in two parts: with prices of up to 10^13
// nano-dollars and 10^9 tokens a product has 22 digits.
class Millionths {
 public:
  void add(std::int64_t count, std::int64_t price) {
    whole_ += count * (price / kMillion);
    rest_ += count * (price % kMillion);
  }
  NanoDollars rounded() const { return whole_ + (rest_ + kMillion / 2) / kMillion; }

 private:
  std::int64_t whole_ = 0;
  std::int64_t rest_ = 0;  // in millionths
};

const Price* find_row(const PriceTable& table, std::string_view model) {
  const Price* best = nullptr;
  std::size_t best_literal = 0;
  for (const PriceTable::Row& row : table.rows) {
    if (row.pattern == model) return &row.price;
    if (!is_pattern(row.pattern) || !matches_pattern(row.pattern, model)) continue;
    const auto stars = std::count(row.pattern.begin(), row.pattern.end(), '*');
    const std::size_t literal = row.pattern.size() - static_cast<std::size_t>(stars);
    if (best != nullptr && literal <= best_literal) continue;
    best = &row.price;
    best_literal = literal;
  }
  return best;
}

bool is_at_home(const Provider& provider) {
  if (provider.type == ProviderType::Mock) return true;
  const Result<Url> url = parse_url(provider.endpoint);
  return url && is_local_host(url->host);
}

}  // namespace

const Price* PriceTable::find(std::string_view model) const {
  if (const Price* const found = find_row(*this, model)) return found;
  const std::size_t slash = model.rfind('/');
  return slash == std::string_view::npos ? nullptr : find_row(*this, model.substr(slash + 1));
}

const char* to_string(PriceSource source) {
  switch (source) {
    case PriceSource::Entry: return "provider";
    case PriceSource::Global: return "global";
    case PriceSource::Table: return "table";
    case PriceSource::Home: return "home";
    case PriceSource::Unknown: return "unknown";
  }
  return "";
}

FoundPrice price_of(const Config& config, const Provider& provider, std::string_view model) {
  if (provider.price) return {PriceSource::Entry, provider.price};
  if (const Price* const price = config.global.prices.find(model)) return {PriceSource::Global, *price};
  if (provider.type != ProviderType::Mock) {
    if (const Price* const price = config.well_known_prices.find(model)) return {PriceSource::Table, *price};
  }
  if (is_at_home(provider)) return {PriceSource::Home, Price{}};
  return {};
}

NanoDollars cost_of(const Price& price, const PricedTokens& tokens) {
  Millionths sum;
  sum.add(tokens.prompt - tokens.cached - tokens.cache_write, price.input);
  sum.add(tokens.cached, price.cached_input.value_or(price.input));
  sum.add(tokens.cache_write, price.cache_write.value_or(price.input));
  sum.add(tokens.completion, price.output);
  return sum.rounded() + price.per_request;
}

NanoDollars with_markup(const Owner* owner, NanoDollars cost) {
  if (owner == nullptr) return cost;
  Millionths markup;
  markup.add(owner->markup_ppm, cost);
  return cost + markup.rounded();
}

}  // namespace aigw::config
