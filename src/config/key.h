// Who may use the gateway: keys (`_keys`), the people who own them (`_owners`), and the identity provider whose tokens
// count as keys (`_global.jwt`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "config/limits.h"
#include "config/price.h"
#include "config/quota.h"

namespace aigw::config {

enum class Role { User, Admin };  // an admin may use /admin, too

// Which models a key may use: patterns in the order of the file, those that begin with `!` forbid. A model is allowed
// if a pattern allows it (or there is none that does) and none forbids it.
struct ModelRules {
  std::vector<std::string> patterns;
  bool operator==(const ModelRules&) const = default;

  // `asked`: the name in the request; `route`: the model of the route that serves it. Either may be named.
  bool allow(std::string_view asked, std::string_view route) const;
};

// A key's secret as it is kept: nobody can get it back from its digest, as long as it is as random as those that the
// gateway makes.
struct KeyDigest {
  std::string sha256;              // 64 lower-case hexadecimal digits, of the whole secret
  std::optional<WallTime> until;   // after a rotation: the old secret is good until then
  bool operator==(const KeyDigest&) const = default;
};

struct Key {
  std::string name;                      // key_name_fault()
  std::vector<KeyDigest> digests;        // at least one; of several the first is the present one
  std::string owner;                     // empty: nobody's
  ModelRules models;
  std::optional<WallTime> expires;       // from then on it is refused
  bool enabled = true;
  Role role = Role::User;
  std::vector<std::string> allowed_ips;  // addresses and blocks, as base/address.h has them; empty: from anywhere
  bool choose_strategy = false;          // it may send X-Gateway-Strategy
  Limits limits;
  Quota budget;                     // what it may use from one reset to the next
  bool operator==(const Key&) const = default;
};

// A person, or whatever shares limits, a budget and a balance. `*` in `_owners` stands for all that are not listed.
struct Owner {
  std::string name;            // as name_fault() of config/readers.h has it, without `/`
  Limits limits;
  Quota budget;
  bool prepaid = false;        // true: without a balance nothing goes; false: as soon as there was a first credit
  std::int64_t markup_ppm = 0;  // on top of what a provider costs, in millionths; in the file `markup`, 0..100: 0.2 is 20 %
  PriceTable prices;           // what the owner pays instead, by the model that is asked for
  bool operator==(const Owner&) const = default;
};

// How bearer tokens of an identity provider are checked (RFC 7519, RFC 8725).
struct Jwt {
  std::string issuer;             // the token's `iss` must be this
  std::string audience;           // … and its `aud` name this
  // Where the key comes from; exactly one is given.
  Secret secret;                  // HS256
  std::string public_key;         // RS256 or ES256: a PEM public key or certificate; in the file also a `_file`
  std::string jwks_file;          // RS256 and ES256: RFC 7517
  std::string jwks_url;
  std::string owner_claim = "sub";
  std::string role_claim;         // a text or a list of texts; a dot leads into an object. Empty: all are users
  std::vector<std::string> admin_roles = {"admin"};  // those of role_claim that make an admin
  std::string models_claim;       // a list of model patterns, or a text with blanks between. Empty: all models
  Millis leeway{60'000};          // how far clocks may be apart; 0..10 minutes
  bool operator==(const Jwt&) const = default;
};

const char* to_string(Role role);

// What is wrong with the name of a key, or nothing: it has 1 to 100 letters, digits or `._@-`, and is none of those that
// the gateway uses itself: `-`, `api_key`, `admin_key`, `jwt`.
std::optional<std::string> key_name_fault(std::string_view name);

}  // namespace aigw::config
