#include "usage/hours.h"

#include <algorithm>
#include <iterator>

#include "base/local_time.h"

namespace aigw::usage {
namespace {

constexpr std::chrono::hours kHour{1};

// A week of hours with a handful of keys, and a quarter of what a counter's file may have.
constexpr std::size_t kTotalsMax = 1'000;

}  // namespace

void Hours::add(const Used& used, WallTime now) {
  HourTotal& into = total(used.key, now);
  into.used.add(used);
  into.duration += used.duration;
}

void Hours::add_error(std::string_view key, WallTime now) { ++total(key, now).used.errors; }

Pace Hours::pace(WallTime now) const {
  const bool known = now >= hour_ && now < hour_ + kHour;
  const WallTime this_hour = known ? hour_ : local_hour_begin(now);
  const double last_share = 1 - std::chrono::duration<double>(now - this_hour) / kHour;
  Pace pace;
  for (const HourTotal& total : totals_) {
    if (total.hour > now || total.hour < this_hour - kHour) continue;
    const double share = total.hour >= this_hour ? 1 : last_share;
    pace.requests_per_hour += share * static_cast<double>(total.used.requests);
    pace.tokens_per_hour += share * static_cast<double>(total.used.tokens());
    pace.cost_per_hour += share * static_cast<double>(total.used.cost);
  }
  return pace;
}

std::vector<HourTotal> Hours::finished(WallTime now) const {
  std::vector<HourTotal> result;
  std::copy_if(totals_.begin(), totals_.end(), std::back_inserter(result),
               [&](const HourTotal& total) { return !total.written && total.hour + kHour <= now; });
  return result;
}

void Hours::set_written(const std::vector<HourTotal>& totals) {
  for (HourTotal& mine : totals_) {
    mine.written = mine.written || std::any_of(totals.begin(), totals.end(), [&](const HourTotal& total) {
                     // What was added to it since, by somebody who looked at the clock before the hour ended, is not
                     // written yet.
                     return total.hour == mine.hour && total.first == mine.first && total.key == mine.key &&
                            total.used == mine.used && total.duration == mine.duration;
                   });
  }
}

void Hours::forget(WallTime now) {
  totals_.erase(std::remove_if(totals_.begin(), totals_.end(),
                               [&](const HourTotal& total) { return total.written && total.hour + 2 * kHour <= now; }),
                totals_.end());
}

HourTotal& Hours::total(std::string_view key, WallTime now) {
  if (now < hour_ || now >= hour_ + kHour) hour_ = local_hour_begin(now);
  const auto found = std::find_if(totals_.rbegin(), totals_.rend(), [&](const HourTotal& total) {
    return total.hour == hour_ && total.key == key && !total.written;
  });
  if (found != totals_.rend()) return *found;
  if (totals_.size() >= kTotalsMax) totals_.erase(totals_.begin());
  HourTotal fresh;
  fresh.hour = hour_;
  fresh.first = std::chrono::floor<Millis>(now);
  fresh.key = key;
  totals_.push_back(std::move(fresh));
  return totals_.back();
}

}  // namespace aigw::usage
