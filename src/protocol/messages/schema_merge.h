// `oneOf`, `anyOf` and `allOf` at the top of a tool's schema, which Anthropic refuses there, as one list of properties
// (protocols.md §4.4).
#pragma once

#include <string>

#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

bool has_combinators(const Json& schema);

// The schema with the properties of all its branches. Required is what the schema itself or a part of `allOf` requires,
// and what every alternative does. References to definitions inside the schema are followed, to a bound. The original
// is noted at the end of `description`. Precondition: an object.
Json merged_schema(const Json& schema, std::string& description);

}  // namespace aigw::protocol::messages
