// What follows an attempt: the failover chart as pure functions of values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace aigw::routing {

enum class Next {
  Answer,  // the client gets what the provider said, as it is
  Retry,   // the same provider again, if it has tries left; then Switch
  Switch,  // another provider, at once
};

// 2xx answers. 5xx (and 408, 3xx and anything else that is no answer) retries. 401, 403, 429 (and 402) switch.
// Other 4xx answer: the request itself is at fault, another provider would say the same.
Next after_status(int status);

// Refused, Broken, TlsFailed, TimedOut, Garbled retry. BadRequest answers, as a 400 would. ClientGone is not asked
// about (it answers: nothing more is tried). The rest switches: trying the same again would not help.
Next after_error(ErrorKind kind);

// Whether a failure with this status (0: no answer) that leads to another attempt says that something is wrong with the
// provider. A 429 says that it works, and has been used enough for now.
bool is_own_failure(int status);

// How long the provider is left alone for this model after a switch; nothing for statuses that do not cool.
// 429 (and 402): `hint` if there is one, else 30 s. 401 and 403: 60 s, whatever the hint. From 0 to an hour.
std::optional<Millis> cooldown_after(int status, std::optional<Millis> hint);

// The wait that a provider asked for: the first of these headers that can be read, rounded up to milliseconds.
// 1. `retry-after-ms`
// 2. `retry-after`: seconds, or an HTTP date as RFC 9110 §5.6.7 writes it today (IMF-fixdate; the two obsolete forms
//    are not read). A date in the past is a wait of 0.
// 3. the longest of OpenAI's `x-ratelimit-reset-requests`/`-tokens` (`1s`, `6m0s`, `120ms`, `7.66s` at Groq, bare
//    seconds at Azure) whose `x-ratelimit-remaining-*` is 0 or absent: the other limit did not refuse us.
// Unreadable or negative values count as absent (Azure sends `-1`). At most 366 days, so that sums do not overflow.
struct RateLimitHeaders {
  std::string_view retry_after_ms;
  std::string_view retry_after;
  std::string_view reset_requests, remaining_requests;
  std::string_view reset_tokens, remaining_tokens;
};
std::optional<Millis> wait_hint(const RateLimitHeaders& headers, WallTime now);

// The pause before retry number `retry` (1 for the first): 100 ms doubled each time, at most 2 s, with jitter:
// `random` (any number) chooses between half and the whole of it. A `hint` of at most 2 s is honoured instead; a
// longer one is more than a waiting client should pay for, and the provider will be switched soon enough.
Millis backoff(int retry, std::optional<Millis> hint, std::uint64_t random);

}  // namespace aigw::routing
