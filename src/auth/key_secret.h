// The secrets of keys: how they are made and how they are kept.
//
// From any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace aigw::auth {

// `sk-gw-` and 32 random bytes in base64url: 49 characters. Errors Unavailable: the system has no random numbers, which
// it never lacks once it has booted.
Result<Secret> new_key_secret();

// As config::KeyDigest keeps it. Without salt or stretching: nobody guesses 32 random bytes.
std::string digest_of(std::string_view secret);

}  // namespace aigw::auth
