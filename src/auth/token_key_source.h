// Where the keys for tokens come from: the config itself, a file, or a URL of the identity provider, whose answer is
// kept.
//
//   file   read again when it has changed (looked at no more than every five seconds)
//   URL    kept for what Cache-Control says (five minutes to a day, an hour if it says nothing); fetched again when a
//          token names a key that is not known, as identity providers change keys, but not more than twice a minute
//
// What was good stays in use while a new look fails. One thread fetches; the others wait for it.
// Threads: any. `network` outlives this object.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "auth/token_keys.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/key.h"
#include "http/upstream.h"

namespace aigw::auth {

class TokenKeySource {
 public:
  TokenKeySource(config::Jwt rules, http::Upstream& network);
  ~TokenKeySource();

  // The keys to check a token with that names `key_id` (may be empty). May take some seconds where they are fetched.
  // Errors Unavailable: there are none, and the file or URL can't be read; the message is for the log.
  Result<std::shared_ptr<const TokenKeys>> keys(std::string_view key_id, SteadyTime now);

  const config::Jwt& rules() const { return rules_; }

 private:
  const config::Jwt rules_;
  http::Upstream& network_;
};

}  // namespace aigw::auth
