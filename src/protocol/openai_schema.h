// JSON Schemas as OpenAI's API wants them (protocols.md §5.1, §5.3).
#pragma once

#include "protocol/json_tree.h"

namespace aigw::protocol {

// A tool's parameters: `type` and `properties` are added where an object schema lacks them, at the top and within;
// `required: null` is taken out. Anything that is no object becomes the schema of an object without properties.
Json completed_schema(const Json& schema);

// Whether strict output can be asked for: every object in the schema forbids additional properties and requires all
// it has.
bool is_strict_schema(const Json& schema);

}  // namespace aigw::protocol
