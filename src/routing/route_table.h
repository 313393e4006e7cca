// Which route serves a model name: exact name, then alias, then the pattern with the longest literal part.
//
// Built once per config snapshot; immutable, so any thread may ask. It borrows the config it was built from, which
// must outlive it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"

namespace aigw::routing {

class RouteTable {
 public:
  explicit RouteTable(const config::Config& config);

  // The index into config.routes, or npos. Among patterns of equally long literal parts (all bytes but the `*`) the
  // first in the file wins; `*` alone has none and takes what is left. An alias is literal, also with a `*` in it.
  std::size_t find(std::string_view model) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  // Up to three models or aliases (no patterns) a client may have meant by an unknown one, for the 404.
  std::vector<std::string> suggestions(std::string_view model) const;

 private:
  struct Pattern {
    std::string_view text;
    std::size_t literal_bytes;
    std::size_t route;
  };

  // The views look into the config, so that a look-up needs no string of its own.
  std::unordered_map<std::string_view, std::size_t> exact_;  // models and aliases
  std::vector<Pattern> patterns_;                            // the most literal first
  std::vector<std::string> names_;                           // for suggestions
};

}  // namespace aigw::routing
