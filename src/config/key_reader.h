// Reads keys: the entries of `_keys`, and what the settings of a key that is made at run time say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/drafts.h"
#include "config/field.h"
#include "config/problem.h"

namespace aigw::config {

const Fields<KeyDraft>& key_fields();

// In the order of the file. A key that lacks a variable or whose file can't be read is left out, with a warning unless
// it is disabled anyway.
std::vector<Key> read_keys(const Value& value, Report& report);

struct KeyRead {
  std::optional<Key> key;         // nothing if and only if there are problems
  std::vector<Problem> problems;  // with paths from the top of the JSON; `name` for the name
};

// `json`: an object with the fields of an entry of `_keys` but `key`, `key_file` and `sha256`; the key has no digests.
// It comes from a client: `${` means nothing in it, and nothing of the environment or a file is read.
KeyRead read_key_settings(const std::string& name, std::string_view json);

}  // namespace aigw::config
