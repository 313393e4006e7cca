// Whether a provider can be chosen now, and if not, why and until when: for the scheduler and for /admin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/attempt.h"
#include "gateway/live_routes.h"
#include "usage/meter.h"

namespace aigw::gateway {

struct Unavailable {
  enum class Why { Disabled, NotConfigured, Quota, Busy, RateLimited, KeyRefused, PromptTooLong, NoSuchForm, NoPrice };
  Why why = Why::Disabled;
  std::string reason;                    // for people; no credentials
  std::optional<Millis> free_in;         // when it ends, if that is known
  std::optional<usage::RateShortage> rate = {};  // for Busy: it is at its own limit of a minute, or of requests at once

  // The provider itself said, or its quota or its limits say, that it has been used enough.
  bool limited() const { return why == Why::Quota || why == Why::Busy || why == Why::RateLimited; }
  // It can be waited for in a line.
  bool queues() const { return rate && rate->line != nullptr; }
  bool cooling() const { return why == Why::RateLimited || why == Why::KeyRefused; }
};

// For any request at all. `places`: the exchange's own in lines.
std::optional<Unavailable> unavailable(const Backend& backend, Now now, const usage::Places& places = {});

// Its state in a word, for people: `healthy`, `cooling`, `down` (failed three times in a row), `exhausted` (its quota),
// `limited` (its limit of a minute, or of requests at once), `disabled`, `unusable`. `why`: of unavailable().
const char* state_word(const Backend& backend, const std::optional<Unavailable>& why);

// For this request: first what stands in the way of any, then what stands in the way of this one.
std::optional<Unavailable> unavailable_for(const Asked& asked, const Backend& backend, Now now,
                                           const usage::Places& places = {});

// The first window of a counter that is used up, in words: `5 of 5 requests (period 0 0 * * *)`; "" if none is.
std::string why_full(const usage::CounterState& state);

// `60 requests per minute`, `2 requests at once`.
std::string describe(const usage::RateShortage& shortage);

// `3 s`, `2 min`: a wait for people, rounded up.
std::string wait_text(Millis wait);

}  // namespace aigw::gateway
