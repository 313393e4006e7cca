// Reads prices: `price` of a provider, tables of them by model, and `prices.json`, the table of well-known models that
// stands beside the configuration.
#pragma once

#include <optional>
#include <string>

#include "config/field.h"
#include "config/price.h"

namespace aigw::config {

const Fields<Price>& price_fields();

std::optional<Price> read_price(const Value& value);
// An object: model or pattern -> price.
std::optional<PriceTable> read_prices(const Value& value);

struct PricesFile {
  std::string about;  // for those who read the file
  std::string date;   // when the prices were true, `2026-11-21`
  PriceTable prices;
};

inline constexpr const char* kPricesFileName = "prices.json";

// Empty if there is no such file. Problems have a path that begins with the file's name.
PricesFile read_prices_file(const std::string& path, Report& report);

}  // namespace aigw::config
