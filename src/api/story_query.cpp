#include "api/story_query.h"

#include <algorithm>

#include "api/query_parameters.h"
#include "base/text.h"

namespace aigw::api {
namespace {

constexpr std::uint64_t kDayMillis = 24 * 60 * 60 * 1000;

Status read_status(const std::string& text, StoryQuery& query) {
  if (text == "failed") {
    query.failed = true;
    return Done{};
  }
  if (text.size() == 3 && text[0] >= '1' && text[0] <= '5' && text.substr(1) == "xx") {
    query.status_from = (text[0] - '0') * 100;
    query.status_to = *query.status_from + 99;
    return Done{};
  }
  const auto number = parse_uint(text);
  if (!number || *number < 100 || *number > 599) {
    return invalid("status can't be " + shown(text) + ": expected a number like 429, a class like 5xx, or failed.");
  }
  query.status_from = query.status_to = static_cast<int>(*number);
  return Done{};
}

}  // namespace

bool StoryQuery::fits(const observe::Story& story) const {
  const auto asked = [&](const observe::Story::Attempt& attempt) { return attempt.provider == provider; };
  return (model.empty() || story.model == model || story.route == model) && (key.empty() || story.key == key) &&
         (provider.empty() || std::any_of(story.attempts.begin(), story.attempts.end(), asked)) &&
         (!status_from || (story.status >= *status_from && story.status <= *status_to)) &&
         (!failed || story.failed()) && story.ended >= min;
}

Result<StoryQuery> parse_story_query(std::string_view text) {
  StoryQuery query;
  std::uint64_t min_ms = 0;
  std::uint64_t limit = query.limit;
  const auto into = [](std::string& field) {
    return [&field](const http::QueryParameter& given) -> Status {
      field = given.value;
      return Done{};
    };
  };
  const Status status = read_parameters(
      text, {{"model", into(query.model)},
             {"provider", into(query.provider)},
             {"key", into(query.key)},
             {"status", [&](const auto& given) { return read_status(given.value, query); }},
             {"min_ms", [&](const auto& given) { return read_number(given, 0, kDayMillis, min_ms); }},
             {"limit", [&](const auto& given) { return read_number(given, 1, StoryQuery::kLimitMax, limit); }}});
  if (!status) return status.error();
  query.min = Millis(min_ms);
  query.limit = limit;
  return query;
}

}  // namespace aigw::api
