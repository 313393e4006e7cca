#include "base/local_time.h"

#include <doctest/doctest.h>
#include <string>

#include "base/zone.h"

namespace aigw {
namespace {

LocalMinute local(int year, unsigned month, unsigned day, int hour, int minute) {
  return std::chrono::local_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
         std::chrono::hours{hour} + std::chrono::minutes{minute};
}

}  // namespace

TEST_SUITE("base/local_time") {

TEST_CASE("a local minute happens when the clock first shows it or jumps over it") {
  struct Row {
    const char* zone;
    LocalMinute minute;
    std::string want;
  };
  const Row rows[] = {
      {kUtc, local(2024, 2, 29, 23, 59), "2024-02-29 23:59 +00:00"},
      {kBerlin, local(2024, 1, 1, 0, 0), "2024-01-01 00:00 +01:00"},
      {kBerlin, local(2024, 3, 31, 1, 59), "2024-03-31 01:59 +01:00"},
      {kBerlin, local(2024, 3, 31, 2, 0), "2024-03-31 03:00 +02:00"},
      {kBerlin, local(2024, 3, 31, 2, 59), "2024-03-31 03:00 +02:00"},
      {kBerlin, local(2024, 3, 31, 3, 0), "2024-03-31 03:00 +02:00"},
      {kBerlin, local(2024, 10, 27, 2, 0), "2024-10-27 02:00 +02:00"},
      {kBerlin, local(2024, 10, 27, 2, 59), "2024-10-27 02:59 +02:00"},
      {kBerlin, local(2024, 10, 27, 3, 0), "2024-10-27 03:00 +01:00"},
      {kNewYork, local(2024, 3, 10, 2, 30), "2024-03-10 03:00 -04:00"},
      {kNewYork, local(2024, 11, 3, 1, 30), "2024-11-03 01:30 -04:00"},
      {kLordHowe, local(2024, 10, 6, 2, 10), "2024-10-06 02:30 +11:00"},
      {kLordHowe, local(2024, 4, 7, 1, 40), "2024-04-07 01:40 +11:00"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.want);
    const Zone zone(row.zone);
    CHECK(text_of(first_instant(row.minute)) == row.want);
  }
}

TEST_CASE("the clock shows minutes, seconds are cut off") {
  const Zone zone(kBerlin);
  CHECK(to_local(at("2024-10-27 02:10 +02:00")) == local(2024, 10, 27, 2, 10));
  CHECK(to_local(at("2024-10-27 02:10:59 +01:00")) == local(2024, 10, 27, 2, 10));
  CHECK(to_local(at("1969-12-31 22:59:59 +00:00")) == local(1969, 12, 31, 23, 59));
}

}  // TEST_SUITE

}  // namespace aigw
