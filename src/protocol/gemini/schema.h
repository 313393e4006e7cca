// JSON Schema in the subset that Gemini takes (protocols.md §11.2): one unknown keyword anywhere, and it refuses the
// whole request. Names under `properties` are names, whatever they look like.
#pragma once

#include "protocol/gemini/schema_node.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// Never fails: what is malformed is left out, and what the budget does not cover is an open object. The order of keywords
// and properties stays.
Json to_gemini_schema(const Json& schema, SchemaBudget& budget);

// Whether a schema of a tool's parameters, in either form, names any: Gemini refuses an object without properties.
bool names_parameters(const Json& schema);

}  // namespace aigw::protocol::gemini
