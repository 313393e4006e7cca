// What differs between two configurations, in words for the operator and in names for those who keep state.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace aigw::config {

// Names: `gpt-4o` for a route, `gpt-4o/provider-1` for a provider, `_keys/name`, `_owners/name`, `_global`, and
// `prices.json` for the table of well-known prices. A route counts as changed if its
// own fields or the order of its providers do; a new or removed one is listed with its providers. In the order
// of the file, the new one first.
struct Changes {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
  std::vector<std::string> needs_restart;  // `_global.port`, …: changed, but without effect until then

  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
  bool operator==(const Changes&) const = default;
};

Changes compare(const Config& before, const Config& after);

}  // namespace aigw::config
