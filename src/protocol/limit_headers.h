// Header fields of a provider's answer as the client's dialect names them: retry hints, rate limits, request ids
// (protocols.md §1.3, §14.3, §15).
//
// Pure functions, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/dialect.h"

namespace aigw::protocol {

// Names in any case; of those that come twice the first counts.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// The fields for the client, lower-case names. `expose_limits`: rate-limit headers are translated, else left out.
// `now` is for dates and for the instants and durations that resets are given as. Values that can't be read are left
// out, and negative ones with them. The gateway's own request id is not among the fields.
HeaderFields client_headers(Dialect client, const HeaderFields& provider, bool expose_limits, WallTime now);

// A limit of the gateway's own.
struct OwnLimit {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;  // >= 0
  Millis reset{0};             // until all of it is there again
};

// How the client's dialect tells the gateway's own limits of a minute; of one that does not exist nothing.
HeaderFields limit_headers(Dialect client, const std::optional<OwnLimit>& requests,
                           const std::optional<OwnLimit>& tokens, WallTime now);

// Adds a wait that an error's body asks for (ProviderError::retry_after), unless the fields already tell one.
void add_retry_hint(HeaderFields& fields, Millis wait);

}  // namespace aigw::protocol
