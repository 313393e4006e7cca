#include "routing/retry.h"

#include <algorithm>
#include <chrono>

#include "base/header_time.h"
#include "base/text.h"

namespace aigw::routing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Millis kRateLimitCooldown = seconds(30);
constexpr Millis kAuthCooldown = seconds(60);
constexpr Millis kCooldownMax = hours(1);
constexpr Millis kBackoffFirst{100};
constexpr Millis kBackoffMax = seconds(2);

// The wait for one of OpenAI's limits, unless it has something left: then it is not the one that refused us.
std::optional<Millis> reset_of(std::string_view reset, std::string_view remaining) {
  const std::optional<std::uint64_t> left = parse_uint(trim(remaining));
  if (left && *left > 0) return std::nullopt;
  return parse_duration(reset);
}

}  // namespace

Next after_status(int status) {
  if (status >= 200 && status <= 299) return Next::Answer;
  if (status == 401 || status == 402 || status == 403 || status == 429) return Next::Switch;
  if (status == 408) return Next::Retry;
  if (status >= 400 && status <= 499) return Next::Answer;
  return Next::Retry;
}

Next after_error(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Refused:
    case ErrorKind::Broken:
    case ErrorKind::Garbled:
    case ErrorKind::TlsFailed:
    case ErrorKind::TimedOut: return Next::Retry;
    case ErrorKind::BadRequest:
    case ErrorKind::ClientGone: return Next::Answer;
    case ErrorKind::NotFound:
    case ErrorKind::TooLarge:
    case ErrorKind::Unavailable:
    case ErrorKind::Io:
    case ErrorKind::Conflict:
    case ErrorKind::Invalid: break;
  }
  return Next::Switch;
}

bool is_own_failure(int status) { return status != 429; }

std::optional<Millis> cooldown_after(int status, std::optional<Millis> hint) {
  switch (status) {
    case 402:
    case 429: return std::clamp(hint.value_or(kRateLimitCooldown), Millis(0), kCooldownMax);
    case 401:
    case 403: return kAuthCooldown;
    default: return std::nullopt;
  }
}

std::optional<Millis> wait_hint(const RateLimitHeaders& headers, WallTime now) {
  if (const auto wait = parse_count(headers.retry_after_ms, 1)) return wait;
  if (const auto wait = parse_retry_after(headers.retry_after, now)) return wait;
  // An empty optional is less than any value.
  return std::max(reset_of(headers.reset_requests, headers.remaining_requests),
                  reset_of(headers.reset_tokens, headers.remaining_tokens));
}

Millis backoff(int retry, std::optional<Millis> hint, std::uint64_t random) {
  if (hint && *hint >= Millis(0) && *hint <= kBackoffMax) return *hint;
  Millis whole = kBackoffFirst;
  for (int i = 1; i < retry && whole < kBackoffMax; ++i) whole *= 2;
  whole = std::min(whole, kBackoffMax);
  const Millis half = whole / 2;
  return half + Millis(static_cast<Millis::rep>(random % (static_cast<std::uint64_t>(half.count()) + 1)));
}

}  // namespace aigw::routing
