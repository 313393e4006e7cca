#include "base/money.h"

#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <string>

namespace aigw {

TEST_SUITE("base/money") {

TEST_CASE("dollars are read exactly, however they are written") {
  struct Row {
    const char* text;
    NanoDollars want;
  };
  for (const Row& row : {Row{"0", 0}, Row{"-0", 0}, Row{"0.000", 0}, Row{"1", kDollar}, Row{"0.1", 100'000'000},
                         Row{"0.000000001", 1}, Row{"-0.000000001", -1}, Row{"12.5", 12'500'000'000},
                         Row{"2.500000000000", 2'500'000'000}, Row{"1e-9", 1}, Row{"1.5e3", 1'500 * kDollar},
                         Row{"2E+1", 20 * kDollar}, Row{"1000e-12", 1}, Row{"007", 7 * kDollar},
                         Row{"0e50", 0}, Row{"9000000000", 9'000'000'000 * kDollar}}) {
    CAPTURE(row.text);
    const Result<NanoDollars> amount = parse_dollars(row.text);
    REQUIRE(amount.has_value());
    CHECK(*amount == row.want);
  }
}

TEST_CASE("what is no exact number of nano-dollars is refused with what is expected") {
  struct Row {
    const char* text;
    const char* want;
  };
  constexpr const char* kNumber = "a number of dollars like 0.25";
  constexpr const char* kDecimals = "a number of dollars with at most nine decimals";
  constexpr const char* kRange = "a number of dollars from -9000000000 to 9000000000";
  for (const Row& row :
       {Row{"", kNumber}, Row{"-", kNumber}, Row{".5", kNumber}, Row{"5.", kNumber}, Row{"1,5", kNumber},
        Row{"1e", kNumber}, Row{"1e999", kNumber}, Row{"nan", kNumber}, Row{"$5", kNumber}, Row{" 5", kNumber},
        Row{"0.0000000001", kDecimals}, Row{"1e-10", kDecimals}, Row{"9000000000.1", kRange}, Row{"1e20", kRange},
        Row{"-99999999999999999999", kRange}}) {
    CAPTURE(row.text);
    const Result<NanoDollars> amount = parse_dollars(row.text);
    REQUIRE_FALSE(amount.has_value());
    CHECK(amount.error().detail == row.want);
  }
}

TEST_CASE("an amount is written without an exponent and without zeros at its end") {
  struct Row {
    NanoDollars amount;
    const char* want;
  };
  for (const Row& row : {Row{0, "0"}, Row{1, "0.000000001"}, Row{-1, "-0.000000001"}, Row{kDollar, "1"},
                         Row{250'000, "0.00025"}, Row{-12'500'000'000, "-12.5"},
                         Row{std::numeric_limits<NanoDollars>::min(), "-9223372036.854775808"}}) {
    CHECK(format_dollars(row.amount) == row.want);
  }
}

TEST_CASE("what was written is read as the same amount") {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<NanoDollars> amounts(-9'000'000'000 * kDollar, 9'000'000'000 * kDollar);
  for (int i = 0; i < 10'000; ++i) {
    const NanoDollars amount = amounts(random) >> (i % 60);
    const Result<NanoDollars> read = parse_dollars(format_dollars(amount));
    REQUIRE(read.has_value());
    REQUIRE(*read == amount);
  }
}

}

}  // namespace aigw
