// Members of Google's JSON, which come in camelCase or snake_case (protocols.md §11.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// A member's name in both spellings. Both are written out, so that reading a stream builds no names.
struct Field {
  std::string_view camel;
  std::string_view snake;
};

// The member in either spelling; null if there is none or it is null. Valid as long as `object` is unchanged.
const Json* find_field(const Json& object, const Field& field);

// "", nothing, an empty array or object where the member is absent or of another type.
std::string_view text_field(const Json& object, const Field& field);
std::optional<std::int64_t> integer_field(const Json& object, const Field& field);
const Json& items_field(const Json& object, const Field& field);
const Json& members_field(const Json& object, const Field& field);

}  // namespace aigw::protocol::gemini
