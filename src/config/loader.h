// From `provider.json` to a `Config`: reads, validates everything, and reports all problems at once.
//
// Nothing here keeps state. A message or warning never holds the text of a credential.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/environment.h"
#include "config/problem.h"

namespace aigw::config {

struct Loaded {
  Snapshot config;                    // null if and only if there are problems
  std::vector<Problem> problems;      // the first kProblemsMax, and then how many more there are
  std::vector<std::string> warnings;  // what works, but not as the file says: providers that can't be used
};

// From the command line; each beats what `_global` says. The caller has checked their ranges.
struct Overrides {
  std::optional<std::string> host;
  std::optional<int> port;
  std::optional<int> threads;
};

constexpr std::size_t kFileBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kProblemsMax = 1'000;

// A file that can't be read is one problem, without a path, whose message names the file. `prices.json` in the same
// folder is read with it, if there is one; paths of its problems begin with `prices.json`.
Loaded load_file(const std::string& path, const Environment& environment, const Overrides& overrides = {});
// The same for a text that may come to stand in that file.
Loaded load_text_of(const std::string& path, std::string_view text, const Environment& environment,
                    const Overrides& overrides = {});
Loaded load_text(std::string_view text, const Environment& environment, const Overrides& overrides = {});

}  // namespace aigw::config
