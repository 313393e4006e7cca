// The text of `data/keys.json`, as auth/key_store.h shows it: an entry a line.
//
// Pure functions, from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/key.h"

namespace aigw::auth {

// A key that was made at run time.
struct StoredKey {
  config::Key key;       // with digests whose times are full seconds: the file has no fractions
  WallTime created;      // … so that after a restart this is the second
  std::string settings;  // JSON that `key` was read from
};

// Shared, since each change makes a new list of all but the same keys.
using StoredKeys = std::vector<std::shared_ptr<const StoredKey>>;

std::string format_key_file(const StoredKeys& keys);

// Errors Invalid, the first thing that is wrong and where: no JSON, another version, a member that is missing, unknown
// or repeated, settings that are refused, a name or digest that stands twice. A member that it does not know may be a
// newer version's, and would be lost with the next change.
Result<StoredKeys> parse_key_file(std::string_view text);

// A key from its settings; it has no digests yet. Errors Invalid: every problem, a line each.
Result<config::Key> key_from_settings(const std::string& name, std::string_view settings);

}  // namespace aigw::auth
