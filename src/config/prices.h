// Which price holds for a provider's model, and what an exchange costs by it.
//
// Pure functions, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace aigw::config {

// Where a price comes from, as it is shown.
enum class PriceSource {
  Entry,    // the provider's own `price`, or its account's
  Global,   // `_global.prices`
  Table,    // prices.json
  Home,     // a mock, or an address at home: nothing is paid
  Unknown,  // there is none
};
const char* to_string(PriceSource source);  // `provider`, `global`, `table`, `home`, `unknown`

struct FoundPrice {
  PriceSource source = PriceSource::Unknown;
  std::optional<Price> price;  // nothing if and only if it is unknown: never taken for 0
};

// The price of `model` as it is sent to the provider: the first of the sources above, in their order, that has one. The
// table is not asked for a mock.
FoundPrice price_of(const Config& config, const Provider& provider, std::string_view model);

// What one answered request used, as far as prices tell it apart. All counts 0..1000000000.
struct PricedTokens {
  std::int64_t prompt = 0;       // with the two below, which together are no more than this
  std::int64_t cached = 0;       // of the prompt, read from the provider's cache
  std::int64_t cache_write = 0;  // of the prompt, written to it
  std::int64_t completion = 0;
};

// Exact: the sum of all its parts is rounded once, to the nearest nano-dollar (a half up).
NanoDollars cost_of(const Price& price, const PricedTokens& tokens);

// The cost with the owner's markup, rounded once like the above. Without an owner (null) the cost itself.
NanoDollars with_markup(const Owner* owner, NanoDollars cost);

}  // namespace aigw::config
