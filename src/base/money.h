// Money: US dollars in whole nano-dollars (10^-9 USD), so that sums are exact. Prices of a million tokens have a few
// decimals; what a single token costs still is a whole number of nano-dollars, or a small fraction of one.
//
// Pure functions, from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw {

using NanoDollars = std::int64_t;

inline constexpr NanoDollars kDollar = 1'000'000'000;

// Dollars as a decimal number without an exponent and without zeros behind its last digit: `0.00025`, `-3`, `12.5`.
std::string format_dollars(NanoDollars amount);

// The same as a double, for JSON: it prints as the same number up to 15 digits, which are a million dollars.
double to_dollars(NanoDollars amount);

// A decimal number as JSON writes it (`0.25`, `-3`, `1e-3`), in dollars. Errors Invalid, in words that go on behind
// `expected `: it is no number; it has more than nine decimals; it is beyond +-9,000,000,000.
Result<NanoDollars> parse_dollars(std::string_view text);

}  // namespace aigw
