// Bearer tokens of an identity provider: signed JSON (RFC 7519) that says who somebody is, checked with its public key
// and the rules of RFC 8725.
//
// Pure functions, from any thread.
#pragma once

#include <string>
#include <string_view>

#include "auth/token_keys.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/key.h"

namespace aigw::auth {

// What a good token says, as far as the gateway asks. The claims of the config are found by their whole name first;
// else a dot in the name leads into an object (`realm_access.roles`).
struct Claims {
  std::string owner;                       // 1..200 bytes without control characters
  config::Role role = config::Role::User;  // also where the claim is missing
  // Without a pattern: all models, if the config names no claim for them. If it names one that is missing or empty, one
  // rule that allows nothing: `!*`.
  config::ModelRules models;
};

// Whether a credential has the form of a token: three parts of base64url (RFC 7515 §2: without padding, and spelt in
// the one way that it has) with dots between, the first of which is a JSON object. Keys of the gateway never have.
bool looks_like_jwt(std::string_view credential);

// The `kid` of a token's header, "" if it has none. Precondition: looks_like_jwt(token).
std::string key_id_of(std::string_view token);

// Checks form, algorithm, signature, issuer, audience and times, in this order, then reads the claims. A token is good
// from its `nbf` (if it has one) until its `exp` (which it must have), both give or take `rules.leeway`. The algorithm
// must be the one of the key that checks it: `none` and a public key taken for an HMAC secret never pass. A token with
// `crit` (RFC 7515 §4.1.11) or `b64` (RFC 7797) is refused, and so is one of more than 16 KiB, one with a name twice in
// an object, and one whose claim has another type than it should. Keys come from `keys` alone, never from the token.
// Errors BadRequest, with a sentence for its sender that holds nothing of the token: `The token has expired.`
Result<Claims> verify_jwt(std::string_view token, const config::Jwt& rules, const TokenKeys& keys, WallTime now);

}  // namespace aigw::auth
