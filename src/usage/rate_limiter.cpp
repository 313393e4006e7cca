#include "usage/rate_limiter.h"

#include <algorithm>

namespace aigw::usage {
namespace {

constexpr Millis kLookAgain{1'000};

std::int64_t second_of(SteadyTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

Millis until(std::int64_t second, SteadyTime now) {
  const SteadyTime at{std::chrono::seconds{second}};
  return std::max(Millis{0}, std::chrono::ceil<Millis>(at - now));
}

}  // namespace

RateLimiter::RateLimiter() : line_(std::make_shared<WaitingLine>()) {}

void RateLimiter::configure(const config::Limits& limits) {
  const std::lock_guard<std::mutex> lock(mutex_);
  limits_ = limits;
  line_->wake_first();  // there may be more room, or no limit any more
}

std::optional<RateShortage> RateLimiter::shortage(SteadyTime now, const WaitingLine::Place* place) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return find_shortage(now, place);
}

std::optional<RateShortage> RateLimiter::reserve(std::int64_t tokens, SteadyTime now,
                                                 const WaitingLine::Place* place, Grip& grip) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto shortage = find_shortage(now, place)) return shortage;
  grip.tokens = tokens;
  count_request(grip, second_of(now));
  ++in_flight_;
  held_tokens_ += tokens;
  return std::nullopt;
}

bool RateLimiter::again(Grip& grip, SteadyTime now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::int64_t second = second_of(now);
  if (limits_.requests_per_minute && sum(&Bucket::requests, second) >= *limits_.requests_per_minute) return false;
  // What it counted before stays where it is; it was sent, too.
  count_request(grip, second);
  return true;
}

void RateLimiter::not_again(Grip& grip, const Grip& before) {
  const std::lock_guard<std::mutex> lock(mutex_);
  take_back_request(grip);
  grip = before;
  line_->wake_first();
}

void RateLimiter::settle(const Grip& grip, std::int64_t tokens, SteadyTime now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (buckets_) bucket(second_of(now)).tokens += tokens;
  let_go(grip, nullptr);
}

void RateLimiter::release(const Grip& grip, bool sent, SteadyTime now, const WaitingLine::Place* place) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!sent && second_of(now) - grip.second < kSeconds) take_back_request(grip);
  let_go(grip, place);
}

std::optional<RateState> RateLimiter::requests(SteadyTime now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limits_.requests_per_minute) return std::nullopt;
  return state(&Bucket::requests, *limits_.requests_per_minute, 0, now);
}

std::optional<RateState> RateLimiter::tokens(SteadyTime now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limits_.tokens_per_minute) return std::nullopt;
  return state(&Bucket::tokens, *limits_.tokens_per_minute, held_tokens_, now);
}

std::optional<RateState> RateLimiter::at_once() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limits_.max_concurrent) return std::nullopt;
  return RateState{*limits_.max_concurrent, std::max<std::int64_t>(0, *limits_.max_concurrent - in_flight_), Millis{0}};
}

std::int64_t RateLimiter::in_flight() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_flight_;
}

std::optional<RateShortage> RateLimiter::find_shortage(SteadyTime now, const WaitingLine::Place* place) const {
  using What = RateShortage::What;
  const std::int64_t second = second_of(now);
  if (limits_.max_concurrent && in_flight_ >= *limits_.max_concurrent) {
    return make(What::Concurrency, *limits_.max_concurrent, kLookAgain);
  }
  if (limits_.requests_per_minute && sum(&Bucket::requests, second) >= *limits_.requests_per_minute) {
    return make(What::Requests, *limits_.requests_per_minute,
                until_below(&Bucket::requests, *limits_.requests_per_minute, now));
  }
  if (limits_.tokens_per_minute && sum(&Bucket::tokens, second) + held_tokens_ >= *limits_.tokens_per_minute) {
    return make(What::Tokens, *limits_.tokens_per_minute,
                until_below(&Bucket::tokens, *limits_.tokens_per_minute - held_tokens_, now));
  }
  const bool others_come_first = limits_.queue && !limits_.none() && !line_->empty() &&
                                 (place == nullptr || !place->may_try());
  if (!others_come_first) return std::nullopt;
  if (limits_.max_concurrent) return make(What::Concurrency, *limits_.max_concurrent, kLookAgain);
  if (limits_.requests_per_minute) return make(What::Requests, *limits_.requests_per_minute, kLookAgain);
  return make(What::Tokens, *limits_.tokens_per_minute, kLookAgain);
}

RateShortage RateLimiter::make(RateShortage::What what, std::int64_t limit, Millis free_in) const {
  return {what, limit, free_in, limits_.queue ? line_ : nullptr, limits_.queue_timeout};
}

// Precondition: the second is not more than a minute ago.
RateLimiter::Bucket& RateLimiter::bucket(std::int64_t second) {
  Bucket& found = (*buckets_)[static_cast<std::size_t>(second % kSeconds)];
  if (found.second < second) found = {second, 0, 0};
  return found;
}

void RateLimiter::count_request(Grip& grip, std::int64_t second) {
  if (counts() && !buckets_) buckets_ = std::make_unique<Buckets>();
  grip.second = second;
  grip.requests = buckets_ ? 1 : 0;
  if (!buckets_) return;
  Bucket& counts_in = bucket(second);
  ++counts_in.requests;
  grip.second = counts_in.second;  // a later one, for a time that was read long before
}

void RateLimiter::take_back_request(const Grip& grip) {
  if (!buckets_) return;
  Bucket& counted = (*buckets_)[static_cast<std::size_t>(grip.second % kSeconds)];
  if (counted.second == grip.second) counted.requests -= grip.requests;  // else a minute is over, by another's clock
}

std::int64_t RateLimiter::sum(Field field, std::int64_t now_second) const {
  std::int64_t total = 0;
  if (!buckets_) return 0;
  for (const Bucket& each : *buckets_) {
    if (now_second - each.second < kSeconds) total += each.*field;
  }
  return total;
}

// Until less than `bound` is counted, if nothing more comes.
Millis RateLimiter::until_below(Field field, std::int64_t bound, SteadyTime now) const {
  const std::int64_t second = second_of(now);
  std::int64_t left = sum(field, second);
  if (bound <= 0) return kLookAgain;  // it is all held by requests in flight
  for (std::int64_t oldest = second - kSeconds + 1; oldest <= second && left >= bound; ++oldest) {
    const Bucket& each = (*buckets_)[static_cast<std::size_t>((oldest + kSeconds) % kSeconds)];
    if (each.second != oldest) continue;
    left -= each.*field;
    if (left < bound) return until(oldest + kSeconds, now);
  }
  return kLookAgain;
}

RateState RateLimiter::state(Field field, std::int64_t limit, std::int64_t held, SteadyTime now) const {
  const std::int64_t second = second_of(now);
  RateState result{limit, std::max<std::int64_t>(0, limit - sum(field, second) - held), Millis{0}};
  if (!buckets_) return result;
  for (const Bucket& each : *buckets_) {
    const bool counts = second - each.second < kSeconds && each.*field > 0;
    if (counts) result.reset = std::max(result.reset, until(each.second + kSeconds, now));
  }
  return result;
}

void RateLimiter::let_go(const Grip& grip, const WaitingLine::Place* place) {
  --in_flight_;
  held_tokens_ -= grip.tokens;
  if (place == nullptr || !place->may_try()) line_->wake_first();
}

}  // namespace aigw::usage
