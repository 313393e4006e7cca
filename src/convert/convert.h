// `ai-gateway convert DIRECTION`: every conversion of the server without a network, for operators and tests
// (protocols.md §16). No logic of its own: it calls what the server calls.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw::convert {

// The output, one JSON object as text. Errors: Invalid (a direction that does not exist, input that can't be read); a
// conversion that is refused is an output like any other.
Result<std::string> convert(std::string_view direction, std::string_view input);

}  // namespace aigw::convert
