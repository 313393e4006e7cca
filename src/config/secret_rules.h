// What is a secret in the text of a configuration, told from where it stands. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aigw::config {

// `value` as it may be shown (config/masked_text.h); itself if there is no secret in it. `names`: those of the objects'
// members that lead to it, from the top of the file.
std::string shown_value(const std::vector<std::string_view>& names, std::string_view value);

// A word of a comment that looks like a key.
bool looks_like_key(std::string_view word);

}  // namespace aigw::config
