// Where the keys for tokens come from: the config itself, a file, or a URL of the identity provider, whose answer is
// kept.
//
//   file   read again when a token comes five seconds or more after the last look
//   URL    kept for what Cache-Control says (five minutes to a day, an hour if it says nothing); fetched again when a
//          token names a key that is not known, as identity providers change keys, but not more than twice a minute
//
// What was good stays in use while a new look fails; the next look is ten seconds later. One thread looks. Meanwhile,
// those whose key is among the kept ones use it, though it be old; the others wait for the look's end.
// Threads: any. `network` outlives this object.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  using SharedKeys = std::shared_ptr<const TokenKeys>;
  struct Found;

  // Where the keys are, or why they can't be used. Takes no lock, as it may take seconds.
  Result<Found> look() const;

  // All with mutex_ held:
  Result<SharedKeys> kept() const;
  bool knows(std::string_view key_id) const { return keys_ != nullptr && keys_->has(key_id); }
  // Whether to look now for the sake of this key. Counts a look that is for the sake of it alone.
  bool is_due(std::string_view key_id, SteadyTime now);
  void settle(Result<Found> found, SteadyTime now);

  const config::Jwt rules_;
  http::Upstream& network_;

  std::mutex mutex_;  // guards what follows; never held while looking
  std::condition_variable look_ended_;
  bool looking_ = false;
  std::uint64_t looks_ = 0;  // that have ended
  SharedKeys keys_;          // null: there were none yet
  std::string fault_;        // why the last look failed
  SteadyTime fresh_until_ = SteadyTime::min();
  SteadyTime quiet_until_ = SteadyTime::min();  // no look before
  std::vector<SteadyTime> extra_looks_;         // for unknown keys, within the last minute
};

}  // namespace aigw::auth
