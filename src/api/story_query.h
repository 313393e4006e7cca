// Which of the last exchanges /admin/requests is asked for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "observe/story.h"

namespace aigw::api {

struct StoryQuery {
  static constexpr std::size_t kLimitMax = 1'000;

  std::string model;     // that was asked for, or the route's; empty: any
  std::string provider;  // one that was asked, whether it answered or not
  std::string key;
  std::optional<int> status_from;  // inclusive, both
  std::optional<int> status_to;
  bool failed = false;             // only those that failed
  Millis min{0};                   // that took at least as long
  std::size_t limit = 100;         // 1..kLimitMax

  bool fits(const observe::Story& story) const;
};

// Errors: Invalid with a text for the client.
// `status`: a number, `2xx` and its kin, or `failed`. Each parameter once at most.
Result<StoryQuery> parse_story_query(std::string_view query);

}  // namespace aigw::api
