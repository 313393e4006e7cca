#include "usage/counter.h"

#include <algorithm>

#include "base/period.h"
#include "base/text.h"
#include "usage/names.h"

namespace aigw::usage {
namespace {

constexpr std::chrono::seconds kHeldFor{1};

std::vector<Window> windows_of(const Snapshot& snapshot) {
  return {snapshot.windows.begin(), snapshot.windows.end()};
}

// The first for which `fits` holds, taken out of `windows`.
template <typename Fits>
std::optional<Window> take_first(std::vector<Window>& windows, Fits fits) {
  const auto found = std::find_if(windows.begin(), windows.end(), fits);
  if (found == windows.end()) return std::nullopt;
  Window taken = std::move(*found);
  windows.erase(found);
  return taken;
}

// Of a counter without a quota.
const config::Quota& no_limits() {
  static const config::Quota limits = [] {
    config::QuotaWindow endless;
    endless.period_cron.clear();
    return config::Quota{endless};
  }();
  return limits;
}

}  // namespace

Counter::Counter(std::string model, std::string provider, WallTime created)
    : model_(std::move(model)),
      provider_(std::move(provider)),
      tag_(tag_of(model_, provider_)),
      file_(snapshot_path_of(model_, provider_)),
      is_entry_(!starts_with(model_, "_")),
      is_caller_(model_ == kKeys || model_ == kOwners),
      windows_{Window(Period(), created, 0)} {}

Counter::Counter(Snapshot snapshot)
    : model_(std::move(snapshot.model)),
      provider_(std::move(snapshot.provider)),
      tag_(tag_of(model_, provider_)),
      file_(snapshot_path_of(model_, provider_)),
      is_entry_(!starts_with(model_, "_")),
      is_caller_(model_ == kKeys || model_ == kOwners),
      windows_(windows_of(snapshot)),
      total_(snapshot.total),
      sequence_(snapshot.sequence),
      changed_(false),
      saved_(true) {
  hours_.restore(std::move(snapshot.hours));
}

void Counter::configure(const config::Quota& quota, WallTime now, Resets& resets) {
  const config::Quota& limits = quota.empty() ? no_limits() : quota;
  const std::lock_guard<std::mutex> lock(mutex_);
  configured_ = true;
  roll(now, resets);
  std::vector<Period> periods;
  std::vector<std::string> texts;
  for (const config::QuotaWindow& limit : limits) {
    // The loader has refused a config with another; without resets the quota at least holds.
    const Result<Period> period = Period::parse(limit.period_text());
    periods.push_back(period ? *period : Period());
    texts.push_back(periods.back().text());
  }
  changed_ = windows_.size() != limits.size() || changed_;
  arrange(texts, now);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    changed_ = windows_[i].follow(periods[i], now, sequence_) || changed_;
    windows_[i].limit_to(&limits[i]);
  }
}

void Counter::retire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  configured_ = false;
  for (Window& window : windows_) window.limit_to(nullptr);
}

void Counter::make_due_resets(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  roll(now, resets);
}

void Counter::clear(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  resets.push_back({model_, provider_, "by hand", windows_.front().state().used});
  for (Window& window : windows_) window.clear(now, sequence_);
  total_ = {};
  changed_ = true;
  saved_ = false;
}

CounterState Counter::state(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  roll(now, resets);
  return visible(now);
}

void Counter::count_error(std::string_view key, WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  roll(now, resets);
  for (Window& window : windows_) window.add_error();
  ++total_.errors;
  hours_.add_error(key, now);
  changed_ = true;
}

std::uint64_t Counter::sequence() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return sequence_;
}

void Counter::replay(const Mark& mark, const Used& record, WallTime time) {
  const Used used = seen_from_here(record);
  const std::lock_guard<std::mutex> lock(mutex_);
  // One that was written late, after records of a later period or config, has nothing to say about the windows.
  if (mark.sequence > sequence_) {
    std::vector<std::string> periods;
    for (const WindowMark& window : mark.windows) periods.push_back(window.period);
    arrange(periods, time);
    for (std::size_t i = 0; i < windows_.size(); ++i) windows_[i].catch_up(mark.windows[i]);
  }
  sequence_ = std::max(sequence_, mark.sequence);
  for (Window& window : windows_) {
    if (mark.sequence > window.state().since) window.add(used);
  }
  total_.add(used);
  hours_.add(used, time);
  changed_ = true;
}

void Counter::skip(const Mark& mark, const Used& used, WallTime time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  hours_.add(seen_from_here(used), time);
  if (mark.sequence < sequence_) return;  // written late, after records from after the deletion
  sequence_ = mark.sequence;
  windows_ = {Window(Period(), time, sequence_)};
  total_ = {};
  changed_ = true;
}

std::optional<Snapshot> Counter::take_changes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Of ten thousand keys most are never used; they need no files.
  if (!changed_ || (is_caller_ && !saved_ && sequence_ == 0)) return std::nullopt;
  changed_ = false;
  Snapshot snapshot{model_, provider_, {}, total_, hours_.totals(), sequence_};
  for (const Window& window : windows_) snapshot.windows.push_back(window.state());
  return snapshot;
}

void Counter::mark_unsaved() {
  const std::lock_guard<std::mutex> lock(mutex_);
  changed_ = true;
}

void Counter::set_saved(bool saved) {
  const std::lock_guard<std::mutex> lock(mutex_);
  saved_ = saved;
}

bool Counter::saved() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return saved_;
}

std::vector<HourTotal> Counter::finished_hours(WallTime now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hours_.finished(now);
}

std::vector<HourTotal> Counter::hours() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hours_.totals();
}

void Counter::set_written(const std::vector<HourTotal>& hours, WallTime now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  hours_.set_written(hours);
  hours_.forget(now);
  changed_ = true;
}

void Counter::roll(WallTime now, Resets& resets) {
  if (!configured_) return;
  for (Window& window : windows_) {
    if (!window.due(now)) continue;
    resets.push_back({model_, provider_, window.state().period, window.state().used});
    window.start(now, sequence_);
    changed_ = true;
  }
}

void Counter::arrange(const std::vector<std::string>& periods, WallTime now) {
  const auto follows = [&](std::size_t i) { return windows_[i].state().period == periods[i]; };
  bool arranged = windows_.size() == periods.size();
  for (std::size_t i = 0; arranged && i < periods.size(); ++i) arranged = follows(i);
  if (arranged) return;

  std::vector<std::optional<Window>> chosen;
  for (const std::string& period : periods) {
    chosen.push_back(take_first(windows_, [&](const Window& window) { return window.state().period == period; }));
  }
  for (std::optional<Window>& window : chosen) {
    if (!window) window = take_first(windows_, [](const Window&) { return true; });
    if (!window) window = Window(Period(), now, sequence_);
  }
  windows_.clear();
  for (std::optional<Window>& window : chosen) windows_.push_back(std::move(*window));
}

bool Counter::full() const {
  return std::any_of(windows_.begin(), windows_.end(),
                     [&](const Window& window) { return window.full(reserved_); });
}

std::optional<WallTime> Counter::full_until(WallTime now) const {
  std::optional<WallTime> latest;
  for (const Window& window : windows_) {
    if (!window.full(reserved_)) continue;
    // What requests in flight hold comes free, at least in part, when they end: nobody should wait a day for it.
    const WallTime held = now + kHeldFor;
    const WallTime reset = window.state().next_reset.value_or(WallTime::max());
    latest = std::max(latest.value_or(now), window.used_up() ? reset : held);
  }
  return latest;
}

void Counter::reserve(const Estimate& estimate, WallTime now) {
  ++reserved_.requests;
  reserved_.tokens += estimate.tokens;
  reserved_.cost += estimate.cost;
  for (Window& window : windows_) window.begin_if_waiting(now);
}

void Counter::give_back(const Estimate& estimate) {
  let_go(estimate);
  if (reserved_.requests > 0) return;
  for (Window& window : windows_) window.wait_if_unused();
}

Mark Counter::settle(const Estimate& reserved, const Used& exchange, WallTime now) {
  const Used used = seen_from_here(exchange);
  let_go(reserved);
  ++sequence_;
  Mark mark{sequence_, saved_, tag_, {}};
  mark.windows.reserve(windows_.size());
  for (Window& window : windows_) {
    window.begin_if_waiting(now);
    window.add(used);
    mark.windows.push_back(window.mark());
  }
  total_.add(used);
  hours_.add(used, now);
  changed_ = true;
  return mark;
}

void Counter::let_go(const Estimate& reserved) {
  --reserved_.requests;
  reserved_.tokens -= reserved.tokens;
  reserved_.cost -= reserved.cost;
}

Used Counter::seen_from_here(Used used) const {
  if (is_caller_) used.cost = used.charge;
  return used;
}

CounterState Counter::visible(WallTime now) const {
  CounterState state{{}, total_, reserved_.requests, reserved_.tokens, reserved_.cost, hours_.pace(now)};
  for (const Window& window : windows_) {
    state.windows.push_back(window.state());
    if (!configured_) state.windows.back().next_reset.reset();
  }
  return state;
}

}  // namespace aigw::usage
