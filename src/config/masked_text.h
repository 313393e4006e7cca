// The text of a configuration as it may be shown: with a mask in the place of each secret, and everything else, layout
// and comments included, as it stands. And the way back, for a text that was edited so.
//
// Secrets are the values of fields of such names (api_key, admin_key, key, secret, token, password), of header fields,
// of URLs what stands before an `@`, the path of a webhook's, and parameters with such names. `${VARIABLE}` is none,
// but a default in it is. What looks like a secret in a comment is masked, too.
//
// Pure functions on texts of any content, broken ones included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace aigw::config {

inline constexpr std::string_view kMask = "••••••••";

std::string masked_text(std::string_view text);

struct Unmasked {
  std::string text;
  std::vector<Problem> problems;  // each mask that stands for nothing known, with its place in the edited text
};

// Puts back into `edited` what its masks stand for in `original`: the secret at the same path, with entries of a list
// found by their `name`, or, without one, by what else they say. Nothing is guessed: a secret that came to another
// place might go to a provider that it is not for.
Unmasked unmasked_text(std::string_view edited, std::string_view original);

}  // namespace aigw::config
