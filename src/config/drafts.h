// Structs that are being filled from the file: what the result holds and what only the loading needs.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/value.h"

namespace aigw::config {

// A provider, or the defaults that stand under its name in `_providers`.
struct ProviderDraft : Provider {
  std::string use;              // the account it asks for, "" if none
  bool detects_type = true;     // no type is said
  std::string endpoint_version;        // `api-version` of the endpoint's query, "" if none
  std::vector<Dialect> said_dialects;  // empty: its type's own
  std::set<std::string> given;  // names of the fields that were written, here or in the account
  Lacking lacking;              // what keeps it from being used, by the field's path
};

// A window of a `rate_limit` or a `budget`.
struct WindowDraft : QuotaWindow {
  bool period_known = true;  // false: what was written for it was refused, or lacks a variable
};

// An entry of `_keys`. Its digests come from the one of three fields that is given.
struct KeyDraft : Key {
  Lacking lacking;  // what keeps it from being used, by the field's path
};

struct RouteDraft : Route {
  std::optional<Value> entries;  // of `providers`: they are read when everything else is known
};

}  // namespace aigw::config
