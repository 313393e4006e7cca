#include "usage/counter.h"

#include <algorithm>
#include <tuple>

#include "usage/names.h"

namespace aigw::usage {
namespace {

std::optional<Cron> parse_cron(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const Result<Cron> cron = Cron::parse(text);
  return cron ? std::optional<Cron>(*cron) : std::nullopt;
}

// Files hold full seconds, so a time that goes through one should not change.
WallTime full_second(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace

Counter::Counter(std::string model, std::string provider, WallTime created)
    : model_(std::move(model)),
      provider_(std::move(provider)),
      tag_(tag_of(model_, provider_)),
      file_(snapshot_path_of(model_, provider_)) {
  counts_.last_reset = full_second(created);
}

Counter::Counter(const Snapshot& snapshot)
    : model_(snapshot.model),
      provider_(snapshot.provider),
      tag_(tag_of(model_, provider_)),
      file_(snapshot_path_of(model_, provider_)),
      counts_(snapshot.state),
      period_cron_(snapshot.period_cron),
      cron_(parse_cron(period_cron_)),
      period_(snapshot.period),
      sequence_(snapshot.sequence),
      changed_(false),
      saved_(true) {}

void Counter::configure(const std::optional<config::RateLimit>& limit, const std::optional<Cron>& cron, WallTime now,
                        Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto before = std::tuple(counts_.next_reset, period_cron_);
  configured_ = true;
  if (rebuilt_until_ && !counts_.next_reset && cron) counts_.next_reset = cron->next_after(*rebuilt_until_);
  rebuilt_until_.reset();
  roll(now, resets);
  counts_.limit_requests = limit ? limit->requests_per_period : std::nullopt;
  counts_.limit_tokens = limit ? limit->tokens_per_period : std::nullopt;
  period_cron_ = limit ? limit->period_cron : std::string();
  cron_ = cron;
  // Also for the same cron: TZ may be another one since. Never before the last reset, or a clock that stepped back
  // would repeat it.
  counts_.next_reset.reset();
  if (cron_) counts_.next_reset = cron_->next_after(std::max(now, counts_.last_reset.value_or(now)));
  if (before != std::tuple(counts_.next_reset, period_cron_)) changed_ = true;
}

void Counter::retire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  configured_ = false;
  counts_.limit_requests.reset();
  counts_.limit_tokens.reset();
}

void Counter::make_due_reset(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  roll(now, resets);
}

void Counter::clear(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  resets.push_back({model_, provider_, visible()});
  zero_period();
  counts_.total_requests = 0;
  counts_.total_tokens = 0;
  counts_.last_reset = full_second(now);
  saved_ = false;
}

CounterState Counter::state(WallTime now, Resets& resets) {
  const std::lock_guard<std::mutex> lock(mutex_);
  roll(now, resets);
  return visible();
}

void Counter::count_error() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_.errors;
  changed_ = true;
}

std::uint64_t Counter::sequence() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return sequence_;
}

void Counter::replay(const Mark& mark, const Used& used, WallTime time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sequence_ = std::max(sequence_, mark.sequence);
  if (!saved_) rebuilt_until_ = std::max(time, rebuilt_until_.value_or(time));
  if (mark.period > period_) {
    start_period(time);
    period_ = mark.period;
  }
  if (mark.period == period_) {
    add(used);
    return;
  }
  // Written after the first record of the next period: it belongs to the one that is over.
  ++counts_.total_requests;
  counts_.total_tokens += used.tokens();
  changed_ = true;
}

void Counter::skip(const Mark& mark) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sequence_ = std::max(sequence_, mark.sequence);
  changed_ = true;
}

std::optional<Snapshot> Counter::take_changes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!changed_) return std::nullopt;
  changed_ = false;
  return Snapshot{model_, provider_, counts_, period_cron_, period_, sequence_};
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

void Counter::roll(WallTime now, Resets& resets) {
  if (!configured_ || !counts_.next_reset || now < *counts_.next_reset) return;
  resets.push_back({model_, provider_, visible()});
  start_period(now);
}

// Begins the period that `from` lies in, or, if the clock has stepped back, the one after the last reset.
void Counter::start_period(WallTime from) {
  const WallTime begin = std::max(from, counts_.next_reset.value_or(from));
  zero_period();
  counts_.last_reset = cron_ ? cron_->last_at_or_before(begin) : full_second(begin);
  counts_.next_reset.reset();
  if (cron_) counts_.next_reset = cron_->next_after(begin);
}

void Counter::zero_period() {
  counts_.requests = 0;
  counts_.tokens = 0;
  counts_.prompt_tokens = 0;
  counts_.completion_tokens = 0;
  counts_.estimated_tokens = 0;
  counts_.errors = 0;
  ++period_;
  changed_ = true;
}

bool Counter::used_up() const {
  return (counts_.limit_requests && counts_.requests >= *counts_.limit_requests) ||
         (counts_.limit_tokens && counts_.tokens >= *counts_.limit_tokens);
}

bool Counter::full() const {
  return (counts_.limit_requests && counts_.requests + counts_.reserved_requests >= *counts_.limit_requests) ||
         (counts_.limit_tokens && counts_.tokens + counts_.reserved_tokens >= *counts_.limit_tokens);
}

void Counter::add(const Used& used) {
  ++counts_.requests;
  ++counts_.total_requests;
  counts_.tokens += used.tokens();
  counts_.total_tokens += used.tokens();
  counts_.prompt_tokens += used.prompt_tokens;
  counts_.completion_tokens += used.completion_tokens;
  if (used.estimated) counts_.estimated_tokens += used.tokens();
  if (used.error) ++counts_.errors;
  changed_ = true;
}

CounterState Counter::visible() const {
  CounterState state = counts_;
  if (!configured_) state.next_reset.reset();
  return state;
}

}  // namespace aigw::usage
