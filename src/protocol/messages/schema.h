// JSON Schemas in the forms that Anthropic takes (protocols.md §4.4, §4.5).
//
// Pure functions of trees from outside: any shape is taken, and none fails. Names under `properties` are names, never
// keywords. What nests deeper than 64 schemas is left as it is.
#pragma once

#include <string>

#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The schema of an object of which nothing is known.
Json open_object_schema();

// A tool's `input_schema`: an object at the top, without `oneOf`, `anyOf`, `allOf` there. Where those were merged into
// one list of properties, the original is noted at the end of the tool's `description`. All else stays as it is.
Json input_schema(const Json& parameters, std::string& description);

// For output by schema: only the keywords that Anthropic's grammar knows, every object closed. What is removed is noted
// in the `description` of its node, in the manner of Anthropic's SDKs: `{minimum: 0, maxLength: 8}`.
Json cleaned_schema(const Json& schema);

// Whether a tool's input can have this schema as it is.
bool describes_object(const Json& schema);

// An object whose only member `value` has this schema. Definitions move to the top, where references look for them.
Json wrapped_schema(Json schema);

// Whether OpenAI takes it with `strict: true`: every object closed, with all its properties required (§5.1).
bool is_strict_schema(const Json& schema);

}  // namespace aigw::protocol::messages
