#include "base/text.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw {

TEST_SUITE("base/text") {

TEST_CASE("white space behind a text is known beyond ASCII") {
  CHECK(trim_end("a \t\v\f\r\n") == "a");
  CHECK(trim_end("\u3000a\u00A0\u3000 \u2009") == "\u3000a");
  CHECK(trim_end("é\u200B") == "é\u200B");  // a zero width space is none
  CHECK(trim_end("") == "");
  for (const char* text : {"", " \n", "\u00A0", "\u3000", "\u2028\u0085 "}) CHECK(is_blank(text));
  for (const char* text : {"a", "\u3000a ", "à", "。"}) CHECK_FALSE(is_blank(text));
}

TEST_CASE("trim takes blanks, tabs and line ends from both sides only") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \r\n\t ") == "");
  CHECK(trim("") == "");
}

TEST_CASE("case is that of ASCII") {
  CHECK(lower("ÄBC-Xyz9") == "Äbc-xyz9");
  CHECK(iequals("Content-Type", "content-TYPE"));
  CHECK_FALSE(iequals("abc", "abcd"));
  CHECK_FALSE(iequals("[", "{"));  // 0x20 apart, as letters of either case are
  CHECK(iequals("", ""));
}

TEST_CASE("starts_with and contains take an empty part for granted") {
  CHECK(starts_with("gateway", "gate"));
  CHECK(starts_with("gateway", ""));
  CHECK_FALSE(starts_with("gate", "gateway"));
  CHECK(contains("gateway", "tew"));
  CHECK(contains("gateway", ""));
  CHECK_FALSE(contains("gateway", "x"));
}

TEST_CASE("split gives one part more than there are separators") {
  using Parts = std::vector<std::string_view>;
  CHECK(split("a,b", ',') == Parts{"a", "b"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",a,,", ',') == Parts{"", "a", "", ""});
}

TEST_CASE("a number is digits and nothing else") {
  CHECK(parse_uint("0") == 0U);
  CHECK(parse_uint("007") == 7U);
  CHECK(parse_uint("18446744073709551615") == 18446744073709551615ULL);
  for (const std::string text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uint(text).has_value());
  }
}

TEST_CASE("escaped text stays on one line") {
  CHECK(escape_control("a\nb\rc\td\x1b[0m\x7f") == "a\\nb\\rc\\x09d\\x1b[0m\\x7f");
  CHECK(escape_control(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(escape_control("grün") == "grün");
}

TEST_CASE("shortened text is not cut inside a character") {
  CHECK(shorten("hello", 5) == "hello");
  CHECK(shorten("hello!", 5) == "hello…");
  CHECK(shorten("aü", 2) == "a…");
  CHECK(shorten("aüb", 3) == "aü…");
  CHECK(shorten("ü", 1) == "…");
}

TEST_CASE("the nearest names come first") {
  using Names = std::vector<std::string>;
  const Names fields = {"name", "endpoint", "weight", "retry", "timeout", "connect_timeout"};
  CHECK(nearest("weigth", fields, 1) == Names{"weight"});
  CHECK(nearest("Weight", fields, 1) == Names{"weight"});
  CHECK(nearest("retries", fields, 1) == Names{});
  CHECK(nearest("endpiont", fields, 3) == Names{"endpoint"});
  CHECK(nearest("time", fields, 3) == Names{"timeout", "connect_timeout"});
  CHECK(nearest("time_out", fields, 1) == Names{"timeout"});
  CHECK(nearest("xyz", fields, 3) == Names{});
  CHECK(nearest("", fields, 3) == Names{});
  CHECK(nearest("weigth", fields, 0) == Names{});
  CHECK(nearest(std::string(200, 'a'), {std::string(200, 'a')}, 1) == Names{});
}

}  // TEST_SUITE

}  // namespace aigw
