// JSON Schema in the subset that Gemini takes (protocols.md §11.2): one unknown keyword anywhere, and it refuses the
// whole request. Names under `properties` are names, whatever they look like.
#pragma once

#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// A pure function; never fails: what is malformed is left out. The order of keywords and properties stays.
Json to_gemini_schema(const Json& schema);

// Whether a schema of a tool's parameters, in either form, names any: Gemini refuses an object without properties.
bool names_parameters(const Json& schema);

}  // namespace aigw::protocol::gemini
