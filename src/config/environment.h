// Variables in the texts of the configuration: `${NAME}` and `${NAME:-default}`; `$${` is a literal `${`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw::config {

// Gives the value of a variable, or nothing if it is not set. Called by the loading thread only.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

Environment process_environment();

struct Filled {
  std::string text;     // with the values in place; what is lacking is left out
  std::string lacking;  // `environment variable NAME is not set`; empty if nothing is lacking
};

// A variable that is set to nothing counts as lacking, as a shell's `:-` has it: an empty key must not be
// taken for a decision against a key. `${NAME:-}` says that nothing is fine. Fails on bad syntax, with a
// text that repeats nothing of `text`.
Result<Filled> fill_in(std::string_view text, const Environment& environment);

}  // namespace aigw::config
