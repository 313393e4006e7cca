#include "base/money.h"

#include <charconv>
#include <optional>

#include "base/text.h"

namespace aigw {
namespace {

constexpr int kDecimals = 9;
constexpr NanoDollars kMost = 9'000'000'000 * kDollar;

Error no_number() { return invalid("a number of dollars like 0.25"); }

// `-12.5e-3` taken apart: the digits without a point, and how many of them stand behind it.
struct Decimal {
  bool negative = false;
  std::string digits;
  int decimals = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal decimal;
  decimal.negative = starts_with(text, "-");
  if (decimal.negative) text.remove_prefix(1);
  const std::string_view whole = take_digits(text);
  if (whole.empty()) return std::nullopt;
  decimal.digits = whole;
  if (starts_with(text, ".")) {
    text.remove_prefix(1);
    const std::string_view fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
    decimal.digits += fraction;
    decimal.decimals = static_cast<int>(fraction.size());
  }
  if (text.empty()) return decimal;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  if (starts_with(text, "+")) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() || exponent < -50 || exponent > 50) return std::nullopt;
  decimal.decimals -= exponent;
  return decimal;
}

}  // namespace

std::string format_dollars(NanoDollars amount) {
  // Unsigned, since the smallest amount has no opposite.
  const auto magnitude = amount < 0 ? -static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::string fraction = std::to_string(magnitude % static_cast<std::uint64_t>(kDollar));
  fraction.insert(0, kDecimals - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  std::string text = amount < 0 ? "-" : "";
  text += std::to_string(magnitude / static_cast<std::uint64_t>(kDollar));
  if (!fraction.empty()) text += "." + fraction;
  return text;
}

double to_dollars(NanoDollars amount) { return static_cast<double>(amount) / static_cast<double>(kDollar); }

Result<NanoDollars> parse_dollars(std::string_view text) {
  std::optional<Decimal> decimal = parse_decimal(text);
  if (!decimal) return no_number();
  std::string& digits = decimal->digits;
  for (; decimal->decimals > kDecimals; --decimal->decimals) {
    if (digits.empty()) break;
    if (digits.back() != '0') return invalid("a number of dollars with at most nine decimals");
    digits.pop_back();
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return NanoDollars{0};
  digits.erase(0, first);
  digits.append(static_cast<std::size_t>(kDecimals - decimal->decimals), '0');
  NanoDollars amount = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
  if (error != std::errc() || end != digits.data() + digits.size() || amount > kMost) {
    return invalid("a number of dollars from -9000000000 to 9000000000");
  }
  return decimal->negative ? -amount : amount;
}

}  // namespace aigw
