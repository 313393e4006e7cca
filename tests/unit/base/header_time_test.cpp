#include "base/header_time.h"

#include <doctest/doctest.h>

namespace aigw {

TEST_SUITE("base/header_time") {

TEST_CASE("durations are read as Go prints them, and bare seconds") {
  struct Row {
    const char* text;
    std::optional<Millis> want;
  };
  for (const Row& row : {Row{"1s", Millis(1'000)}, Row{"6m0s", Millis(360'000)}, Row{"120ms", Millis(120)},
                         Row{"7.66s", Millis(7'660)}, Row{"1h0m1s", Millis(3'601'000)}, Row{"1d", Millis(86'400'000)},
                         Row{"300us", Millis(1)}, Row{" 30 ", Millis(30'000)}, Row{"0s", Millis(0)},
                         Row{"99999999999s", Millis(366LL * 86'400'000)}, Row{"", std::nullopt},
                         Row{"-1", std::nullopt}, Row{"-1s", std::nullopt}, Row{"1x", std::nullopt},
                         Row{"s", std::nullopt}, Row{"1s ago", std::nullopt}}) {
    CAPTURE(row.text);
    CHECK(parse_duration(row.text) == row.want);
  }
}

TEST_CASE("durations are written so that they read the same") {
  struct Row {
    std::int64_t ms;
    const char* want;
  };
  for (const Row& row : {Row{-5, "0s"}, Row{0, "0s"}, Row{120, "120ms"}, Row{1'000, "1s"}, Row{1'500, "1.5s"},
                         Row{1'050, "1.05s"}, Row{59'999, "59.999s"}, Row{60'000, "1m0s"}, Row{360'000, "6m0s"},
                         Row{3'600'000, "1h0m0s"}, Row{90'061'007, "25h1m1.007s"}}) {
    CAPTURE(row.ms);
    const std::string text = format_duration(Millis(row.ms));
    CHECK(text == row.want);
    CHECK(parse_duration(text) == Millis(std::max<std::int64_t>(row.ms, 0)));
  }
}

TEST_CASE("Retry-After is seconds or a date, of which at least nothing is left") {
  const WallTime now{std::chrono::seconds(784'111'777)};  // Sun, 06 Nov 1994 08:49:37 GMT
  CHECK(parse_retry_after("2", now) == Millis(2'000));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now) == Millis(10'000));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now) == Millis(0));
  for (const char* text : {"", "soon", "-3", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, now));
  }
}

}  // TEST_SUITE

}  // namespace aigw
