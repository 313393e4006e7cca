#include "protocol/openai_schema.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "protocol/json_read.h"

namespace aigw::protocol {
namespace {

// Keywords whose value is a schema or a list of schemas, and those whose members are schemas by names of the user's.
constexpr std::string_view kSchemas[] = {"items", "prefixItems", "additionalProperties", "anyOf", "oneOf", "allOf",
                                         "not",   "if",          "then",                 "else",  "contains"};
constexpr std::string_view kNamedSchemas[] = {"properties", "patternProperties", "$defs", "definitions"};

template <typename Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Calls `visit` with each schema directly within `node`.
template <typename Node, typename Visit>
void for_each_child(Node& node, const Visit& visit) {
  for (auto it = node.begin(); it != node.end(); ++it) {
    auto& value = it.value();
    if (is_among(kNamedSchemas, it.key()) && value.is_object()) {
      for (auto& child : value) visit(child);
    } else if (is_among(kSchemas, it.key())) {
      if (value.is_object()) visit(value);
      if (value.is_array()) {
        for (auto& child : value) visit(child);
      }
    }
  }
}

bool is_object_schema(const Json& node) {
  const Json* const type = find_member(node, "type");
  if (type == nullptr) return has_member(node, "properties");
  return *type == "object" || (type->is_array() && std::find(type->begin(), type->end(), "object") != type->end());
}

void complete_schema(Json& node) {
  if (!node.is_object()) return;
  if (const Json* const required = find_member(node, "required"); required != nullptr && required->is_null()) {
    node.erase("required");
  }
  if (is_object_schema(node)) {
    if (!has_member(node, "type")) node["type"] = "object";
    if (!has_member(node, "properties")) node["properties"] = Json::object();
  }
  for_each_child(node, complete_schema);
}

bool requires_all(const Json& node) {
  const Json& required = items_of(node, "required");
  const Json& properties = members_of(node, "properties");
  for (const auto& [name, property] : properties.items()) {
    if (std::find(required.begin(), required.end(), name) == required.end()) return false;
  }
  return true;
}

}  // namespace

Json completed_schema(const Json& schema) {
  Json whole = Json::object();
  if (!has_member(schema, "type")) whole["type"] = "object";
  if (schema.is_object()) whole.update(schema);
  if (!has_member(whole, "type")) whole["type"] = "object";  // it was null
  if (!has_member(whole, "properties")) whole["properties"] = Json::object();
  complete_schema(whole);
  return whole;
}

bool is_strict_schema(const Json& schema) {
  if (!schema.is_object()) return true;
  const bool is_open = is_object_schema(schema) &&
                       (flag_of(schema, "additionalProperties").value_or(true) || !requires_all(schema));
  if (is_open) return false;
  bool is_strict = true;
  for_each_child(schema, [&](const Json& child) { is_strict = is_strict && is_strict_schema(child); });
  return is_strict;
}

}  // namespace aigw::protocol
