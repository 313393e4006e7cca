#include "usage/report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/timestamp.h"

namespace aigw::usage {
namespace {

constexpr std::array<std::pair<GroupBy, const char*>, 5> kWords = {{{GroupBy::Model, "model"},
                                                                    {GroupBy::Provider, "provider"},
                                                                    {GroupBy::Key, "key"},
                                                                    {GroupBy::Hour, "hour"},
                                                                    {GroupBy::Day, "day"}}};

// A row's numbers are at most 10^17 (history.h): up to here, sums of them can't overflow, whatever a file holds.
constexpr std::int64_t kSumMax = 1'000'000'000'000'000'000;

}  // namespace

const char* to_string(GroupBy group) {
  for (const auto& [value, word] : kWords) {
    if (value == group) return word;
  }
  return "";
}

std::optional<GroupBy> parse_group_by(std::string_view word) {
  for (const auto& [value, known] : kWords) {
    if (word == known) return value;
  }
  return std::nullopt;
}

void Sum::add(const HourTotal& total) {
  used += total.used;
  for (const auto field : {&Counts::requests, &Counts::prompt_tokens, &Counts::completion_tokens,
                           &Counts::cached_tokens, &Counts::estimated_tokens, &Counts::errors, &Counts::cost,
                           &Counts::unpriced_requests}) {
    used.*field = std::min(used.*field, kSumMax);
  }
  duration = std::min(duration + total.duration, Millis(kSumMax));
}

std::optional<Millis> Sum::average_duration() const {
  if (used.requests == 0) return std::nullopt;
  return duration / used.requests;
}

void Report::add(const HistoryRow& row) {
  total_.add(row.total);
  if (hour_ != row.total.hour) {
    hour_ = row.total.hour;
    hour_text_ = format_local_time(row.total.hour);
  }
  std::vector<std::string> group;
  group.reserve(groups_.size());
  for (const GroupBy by : groups_) group.push_back(value(by, row));
  const auto found = sums_.find(group);
  if (found != sums_.end()) return found->second.add(row.total);
  too_large_ = too_large_ || sums_.size() >= kRowsMax;
  if (!too_large_) sums_[std::move(group)].add(row.total);
}

Result<std::vector<ReportRow>> Report::rows() const {
  if (too_large_) {
    return invalid("The report would have more than " + std::to_string(kRowsMax) +
                   " rows: ask for a shorter time, or for fewer things in group_by.");
  }
  std::vector<ReportRow> rows;
  rows.reserve(sums_.size());
  for (const auto& [group, sum] : sums_) rows.push_back({group, sum});
  return rows;
}

std::string Report::value(GroupBy group, const HistoryRow& row) const {
  switch (group) {
    case GroupBy::Model: return row.model;
    case GroupBy::Provider: return row.provider;
    case GroupBy::Key: return row.total.key;
    case GroupBy::Hour: return hour_text_;
    case GroupBy::Day: return hour_text_.substr(0, 10);
  }
  return {};
}

}  // namespace aigw::usage
