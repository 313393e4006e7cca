// What tokens cost (`"price": {...}`), and the tables that say so for models by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"

namespace aigw::config {

// In the file in US dollars: for a million tokens, and for each request. 0..10000, with up to nine decimals.
struct Price {
  NanoDollars input = 0;                      // for a million tokens of the prompt
  NanoDollars output = 0;                     // … of the answer, reasoning included
  std::optional<NanoDollars> cached_input;    // … of the prompt that came from the provider's cache; absent: as input
  std::optional<NanoDollars> cache_write;     // … of the prompt that were written to it; absent: as input
  NanoDollars per_request = 0;                // for each request that was answered
  bool operator==(const Price&) const = default;
};

// Prices by model: exact names and patterns (config/model_pattern.h).
struct PriceTable {
  struct Row {
    std::string pattern;
    Price price;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;
  bool operator==(const PriceTable&) const = default;

  // The row with the name itself, else the fitting pattern with the most bytes beside its `*`, the first of equals;
  // then the same for what follows the name's last `/` (`anthropic/claude-...`). Null if there is none.
  const Price* find(std::string_view model) const;
};

}  // namespace aigw::config
