// Times in the zones of the tests.
#pragma once

#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <optional>
#include <string>

#include "base/clock.h"

namespace aigw {

// The rules of today as POSIX texts, so that the tests need no zone database.
inline constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
inline constexpr const char* kNewYork = "EST5EDT,M3.2.0,M11.1.0";
// Half an hour of daylight saving.
inline constexpr const char* kLordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
inline constexpr const char* kUtc = "UTC0";

// The process's zone for the length of a test.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

// `2024-03-31 01:59 +01:00` and back; seconds may follow the minutes.
inline WallTime at(const std::string& text) {
  std::tm fields{};
  const char* end = strptime(text.c_str(), "%Y-%m-%d %H:%M", &fields);
  REQUIRE(end != nullptr);
  if (*end == ':') end = strptime(end, ":%S", &fields);
  std::tm zone{};
  REQUIRE(strptime(end, " %z", &zone) != nullptr);
  return std::chrono::system_clock::from_time_t(timegm(&fields) - zone.tm_gmtoff);
}

inline std::string text_of(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm fields{};
  localtime_r(&seconds, &fields);
  char text[64];
  std::strftime(text, sizeof text, fields.tm_sec == 0 ? "%Y-%m-%d %H:%M %z" : "%Y-%m-%d %H:%M:%S %z", &fields);
  std::string result = text;
  return result.insert(result.size() - 2, ":");
}

}  // namespace aigw
