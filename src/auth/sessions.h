// Who is logged in at the dashboard: random tokens that browsers keep as a cookie, each standing for the credential it
// was made with. In memory alone: a restart logs everybody out.
//
// Of the random tokens and of keys only digests are kept. That a key has gone, is disabled or has expired is not known
// here: whoever takes a session looks the key up again (gateway::Callers), so that no session outlives its key.
//
// Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"

namespace aigw::auth {

class Sessions {
 public:
  static constexpr std::chrono::hours kIdleMax{12};      // without a request
  static constexpr std::chrono::hours kAgeMax{24 * 7};   // however busy it is
  static constexpr std::size_t kCountMax = 1'000;        // then the one that was unused for longest ends

  // What a session was made with; one of the two is given.
  struct Holder {
    std::string digest;  // of a key, as config::KeyDigest has it
    Secret token;        // of an identity provider: it must be verified each time, and ends soon on its own
  };

  // A new session's token: 32 random bytes in base64url. Errors Unavailable: no random numbers.
  Result<Secret> begin(Holder holder, SteadyTime now);

  // Who holds it; from now on it counts as used. Nothing for an unknown token or one whose time is over.
  std::optional<Holder> find(std::string_view token, SteadyTime now);

  // False if there was none.
  bool end(std::string_view token);

  std::size_t count() const;

 private:
  struct Row {
    Holder holder;
    SteadyTime began;
    SteadyTime used;
    bool is_over(SteadyTime now) const { return now - used >= kIdleMax || now - began >= kAgeMax; }
  };
  using Rows = std::unordered_map<std::string, Row>;  // by the SHA-256 of the token

  Guarded<Rows> rows_;
};

}  // namespace aigw::auth
