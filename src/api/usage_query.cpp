#include "api/usage_query.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/query_parameters.h"
#include "base/local_time.h"
#include "base/text.h"
#include "base/timestamp.h"

namespace aigw::api {
namespace {

using std::chrono::days;

constexpr std::uint64_t kSecondsMax = 7'258'118'400;  // the year 2200, where parse_timestamp ends
constexpr days kUsualDays{7};

std::optional<WallTime> parse_time(const std::string& text, DayMeans day_means) {
  if (const auto seconds = parse_uint(text)) {
    return *seconds <= kSecondsMax ? std::optional(WallTime(std::chrono::seconds(*seconds))) : std::nullopt;
  }
  return parse_day_or_time(text, day_means);
}

Status read_time(const http::QueryParameter& parameter, DayMeans day_means, std::optional<WallTime>& time) {
  time = parse_time(parameter.value, day_means);
  if (time) return Done{};
  return invalid(parameter.name + "=" + shown(parameter.value) +
                 " is no time: expected a day (2026-11-01), a time (2026-11-01T14:00:00, with or without an offset "
                 "like +01:00 or Z), or unix seconds.");
}

Status read_groups(const std::string& text, std::vector<usage::GroupBy>& groups) {
  groups.clear();
  for (const std::string_view word : split(text, ',')) {
    const auto group = usage::parse_group_by(word);
    if (!group) {
      return invalid("group_by can't be " + shown(word) +
                     ": expected model, provider, key, hour or day, or several of them with commas between.");
    }
    if (std::find(groups.begin(), groups.end(), *group) != groups.end()) {
      return invalid("group_by has " + std::string(word) + " twice.");
    }
    groups.push_back(*group);
  }
  return Done{};
}

Status read_format(const std::string& text, UsageQuery::Format& format) {
  if (text != "json" && text != "csv") return invalid("format can't be " + shown(text) + ": expected json or csv.");
  format = text == "csv" ? UsageQuery::Format::Csv : UsageQuery::Format::Json;
  return Done{};
}

// The beginning of the seven days that end with the day before `to`, or with that in which it lies.
WallTime usual_from(WallTime to) {
  const auto last_day = std::chrono::floor<days>(to_local(to - WallTime::duration{1}));
  return first_instant(last_day - (kUsualDays - days{1}));
}

}  // namespace

Result<UsageQuery> parse_usage_query(std::string_view text, WallTime now) {
  UsageQuery query;
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  const Status status = read_parameters(
      text, {{"from", [&](const auto& given) { return read_time(given, DayMeans::Begin, from); }},
             {"to", [&](const auto& given) { return read_time(given, DayMeans::End, to); }},
             {"group_by", [&](const auto& given) { return read_groups(given.value, query.group_by); }},
             {"format", [&](const auto& given) { return read_format(given.value, query.format); }}});
  if (!status) return status.error();
  query.to = to.value_or(now);
  query.from = from.value_or(usual_from(query.to));
  if (query.from < query.to) return query;
  return invalid("from (" + format_timestamp(query.from) + ") must be before to (" + format_timestamp(query.to) + ").");
}

}  // namespace aigw::api
