#include "protocol/gemini/field.h"

#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

std::string_view spelling_in(const Json& object, const Field& field) {
  return has_member(object, field.camel) ? field.camel : field.snake;
}

}  // namespace

const Json* find_field(const Json& object, const Field& field) {
  const std::string_view name = spelling_in(object, field);
  return has_member(object, name) ? find_member(object, name) : nullptr;
}

std::string_view text_field(const Json& object, const Field& field) {
  return text_of(object, spelling_in(object, field));
}

std::optional<std::int64_t> integer_field(const Json& object, const Field& field) {
  return integer_of(object, spelling_in(object, field));
}

const Json& items_field(const Json& object, const Field& field) { return items_of(object, spelling_in(object, field)); }

const Json& members_field(const Json& object, const Field& field) {
  return members_of(object, spelling_in(object, field));
}

}  // namespace aigw::protocol::gemini
