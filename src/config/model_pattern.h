// Names of routes that stand for many models: `*` is any text, also an empty one.
#pragma once

#include <string_view>

namespace aigw::config {

bool is_pattern(std::string_view model);

// Case matters. A pattern without `*` matches itself only.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace aigw::config
