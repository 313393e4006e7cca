// Sums of the history (history.h), grouped by what is asked for.
//
// A plain value; for one thread. Hours and days are those that the clock of TZ showed: the hour that it shows twice
// when daylight saving time ends is one group. A provider is an entry's name over all models: two models may both have
// an `openai`, and grouped by provider alone they are one; grouped by model and provider they are two.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "usage/counts.h"
#include "usage/history.h"

namespace aigw::usage {

enum class GroupBy { Model, Provider, Key, Hour, Day };

// `model`, `provider`, `key`, `hour`, `day`.
const char* to_string(GroupBy group);
std::optional<GroupBy> parse_group_by(std::string_view word);

struct Sum {
  Counts used;
  Millis duration{0};  // of its requests together
  void add(const HourTotal& total);
  std::optional<Millis> average_duration() const;  // of one request, rounded down; nothing without requests
};

struct ReportRow {
  std::vector<std::string> group;  // a value for each GroupBy: a name, `2026-11-21T14:00:00` or `2026-11-21`
  Sum sum;
};

class Report {
 public:
  static constexpr std::size_t kRowsMax = 100'000;

  explicit Report(std::vector<GroupBy> groups) : groups_(std::move(groups)) {}

  void add(const HistoryRow& row);

  const std::vector<GroupBy>& groups() const { return groups_; }
  // By their group's values. Errors Invalid: there are more than kRowsMax.
  Result<std::vector<ReportRow>> rows() const;
  const Sum& total() const { return total_; }  // of all that was added

 private:
  std::string value(GroupBy group, const HistoryRow& row) const;

  const std::vector<GroupBy> groups_;
  std::map<std::vector<std::string>, Sum> sums_;
  Sum total_;
  bool too_large_ = false;
  std::optional<WallTime> hour_;  // of the last row, and its text: rows of an hour come together, and the zone costs
  std::string hour_text_;
};

}  // namespace aigw::usage
