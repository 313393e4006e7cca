// Whether a provider can be chosen now, and if not, why and until when: for the scheduler and for /admin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/attempt.h"
#include "gateway/live_routes.h"

namespace aigw::gateway {

struct Unavailable {
  enum class Why { Disabled, NotConfigured, Quota, RateLimited, KeyRefused, PromptTooLong, NoSuchForm };
  Why why = Why::Disabled;
  std::string reason;                    // for people; no credentials
  std::optional<Millis> free_in;         // when it ends, if that is known

  // The provider itself said, or its quota says, that it has been used enough.
  bool limited() const { return why == Why::Quota || why == Why::RateLimited; }
  bool cooling() const { return why == Why::RateLimited || why == Why::KeyRefused; }
};

// For any request at all.
std::optional<Unavailable> unavailable(const Backend& backend, WallTime wall, SteadyTime steady);

// For this request: first what stands in the way of any, then what stands in the way of this one.
std::optional<Unavailable> unavailable_for(const Asked& asked, const Backend& backend, WallTime wall,
                                           SteadyTime steady);

}  // namespace aigw::gateway
