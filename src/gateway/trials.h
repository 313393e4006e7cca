// What was tried in an exchange, and what the client is told when nobody is left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateway/availability.h"
#include "gateway/errors.h"
#include "gateway/live_routes.h"
#include "protocol/canonical/notes.h"

namespace aigw::gateway {

// A provider that did not answer.
struct Trial {
  enum class Kind { Failed, Limited, TimedOut, PromptTooLong, Rejected, NotUsable };
  const Backend* backend = nullptr;
  Kind kind = Kind::Failed;
  int tries = 0;                          // 0: it was skipped
  std::string reason;                     // safe to show
  std::optional<Millis> free_in;          // for Limited
  std::string param;                      // for Rejected: the field of the request
  int auth_status = 0;                    // 401 or 403 where the provider refused the gateway's key, else 0

  static Trial failed(const Backend& backend, const AttemptResult& result, int tries);
  // The request can't be said in the provider's dialect.
  static Trial rejected(const Backend& backend, const protocol::Rejection& rejection);
  static Trial skipped(const Backend& backend, const Unavailable& why);
};

// The answer for a model that none of these could serve (protocols.md §14.2): 429 with the shortest wait if all were
// rate-limited or out of quota, 504 if all timed out, 400 if the prompt is too long for all or the request can't be
// said to any, else 502. Who can't be asked at all decides nothing as long as others could be. The message lists each
// provider with its status or reason. `passes_auth`: where the last that was asked refused the key, its 401 or 403 is
// the status (`pass_upstream_auth_errors`).
Refusal nobody_left(const std::string& model, const std::vector<Trial>& trials, bool passes_auth = false);

}  // namespace aigw::gateway
