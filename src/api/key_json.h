// Keys and owners as /admin shows them, and what they have used.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "config/key.h"
#include "gateway/callers.h"
#include "usage/meter.h"

namespace aigw::api {

// What an entry of `_keys` may say, without the secret: for /admin and the audit log.
nlohmann::ordered_json settings_json(const config::Key& key);

// The same of an entry of `_owners`.
nlohmann::ordered_json settings_json(const config::Owner& owner);

// A key with its settings, what was used with it, and what is left. `secret`: of a new one, else empty.
nlohmann::ordered_json key_json(const gateway::Callers& callers, const config::Key& key, Now now,
                                const Secret& secret = Secret());

// The limits of a minute and of requests at once that hold for a meter, with what is left of them; null without any.
nlohmann::ordered_json rates_json(const usage::Meter& meter, SteadyTime now);

}  // namespace aigw::api
