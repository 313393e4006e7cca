#include "config/limits_reader.h"

#include <set>
#include <string>

namespace aigw::config {
namespace {

constexpr std::int64_t kRequestsMax = 1'000'000'000;
constexpr std::int64_t kTokensMax = 1'000'000'000'000;
constexpr std::int64_t kConcurrentMax = 1'000'000;
constexpr Millis kShortestWait{1};
constexpr Millis kLongestWait{60 * 60 * 1000};

}  // namespace

const Fields<Limits>& limits_fields() {
  static const Fields<Limits> fields = {
      {"requests_per_minute", count_or_null(&Limits::requests_per_minute, kRequestsMax)},
      {"tokens_per_minute", count_or_null(&Limits::tokens_per_minute, kTokensMax)},
      {"max_concurrent", count_or_null(&Limits::max_concurrent, kConcurrentMax)},
      {"queue", boolean(&Limits::queue)},
      {"queue_timeout", seconds(&Limits::queue_timeout, kShortestWait, kLongestWait)},
  };
  return fields;
}

std::optional<Limits> read_limits(const Value& value) {
  Limits limits;
  if (value.is_null()) return limits;
  if (!read_object(value, limits_fields(), limits)) return std::nullopt;
  const std::set<std::string> given = names_given(value);
  const bool limits_something = given.contains("requests_per_minute") || given.contains("tokens_per_minute") ||
                                given.contains("max_concurrent");
  if (!limits_something) {
    value.refuse("limits nothing: requests_per_minute, tokens_per_minute or max_concurrent is required");
  }
  return limits;
}

}  // namespace aigw::config
