#include "protocol/messages/schema.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_read.h"
#include "protocol/messages/schema_merge.h"

namespace aigw::protocol::messages {
namespace {

using std::string_view;

template <std::size_t size>
using Words = std::array<string_view, size>;

// Keywords by what their value holds.
constexpr Words<5> kNamedSchemas = {"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"};
constexpr Words<4> kSchemaLists = {"anyOf", "oneOf", "allOf", "prefixItems"};
constexpr Words<8> kSchemas = {"items", "additionalProperties", "not", "if", "then", "else", "contains",
                               "propertyNames"};

constexpr Words<7> kPlainKept = {"type", "required", "enum", "const", "$ref", "title", "default"};
constexpr Words<10> kFormatsKept = {"date-time", "time",     "date", "duration", "email",
                                    "hostname",  "uri", "ipv4", "ipv6",     "uuid"};

template <std::size_t size>
bool is_one_of(const Words<size>& words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What nests deeper is left as it is: the functions below recurse on stacks of a few hundred KB. No vendor takes it.
constexpr int kNestingMax = 64;

// Calls `visit` with each schema that stands directly in `node`.
template <typename Tree, typename Visit>
void for_each_subschema(Tree& node, const Visit& visit) {
  if (!node.is_object()) return;
  for (auto member = node.begin(); member != node.end(); ++member) {
    auto& value = member.value();
    if (value.is_object() && is_one_of(kSchemas, member.key())) visit(value);
    const bool named = value.is_object() && is_one_of(kNamedSchemas, member.key());
    const bool listed = value.is_array() && (is_one_of(kSchemaLists, member.key()) || member.key() == "items");
    if (!named && !listed) continue;
    for (auto& schema : value) visit(schema);
  }
}

// `required: null` is what some generators write for an empty list; no validator takes it.
void drop_null_required(Json& schema, int nesting = 0) {
  if (schema.is_object() && schema.contains("required") && schema["required"].is_null()) schema.erase("required");
  if (nesting == kNestingMax) return;
  for_each_subschema(schema, [&](Json& part) { drop_null_required(part, nesting + 1); });
}

bool has_type(const Json& schema, string_view wanted) {
  const Json* const type = find_member(schema, "type");
  if (type == nullptr) return false;
  return type->is_array() ? std::find(type->begin(), type->end(), wanted) != type->end() : *type == wanted;
}

bool is_object_schema(const Json& schema) {
  return has_type(schema, "object") || (!has_member(schema, "type") && has_member(schema, "properties"));
}

bool is_kept(string_view name, const Json& value) {
  if (name == "format") return value.is_string() && is_one_of(kFormatsKept, value.get_ref<const std::string&>());
  if (name == "minItems") return value == 0 || value == 1;
  return is_one_of(kPlainKept, name);
}

void add_all(Json& clean, Json schemas) {
  if (!clean.contains("allOf")) clean["allOf"] = Json::array();
  for (Json& schema : schemas) clean["allOf"].push_back(std::move(schema));
}

// A second list of alternatives (`oneOf` beside `anyOf`) is one more thing that must hold.
void add_alternatives(Json& clean, Json schemas) {
  if (clean.contains("anyOf")) {
    Json second = Json::object();
    second["anyOf"] = std::move(schemas);
    add_all(clean, Json::array({std::move(second)}));
  } else {
    clean["anyOf"] = std::move(schemas);
  }
}

std::string described(string_view description, const std::vector<std::string>& removed) {
  std::string text(description);
  if (removed.empty()) return text;
  if (!text.empty()) text += "\n\n";
  text += '{';
  for (std::size_t i = 0; i < removed.size(); ++i) text += (i > 0 ? ", " : "") + removed[i];
  return text + '}';
}

class Cleaner {
 public:
  Json clean(const Json& schema) {
    if (!schema.is_object() || nesting_ == kNestingMax) return schema;
    ++nesting_;
    Json cleaned = Json::object();
    std::vector<std::string> removed;
    for (const auto& [name, value] : schema.items()) clean_keyword(cleaned, name, value, removed);
    std::string description = described(text_of(schema, "description"), removed);
    if (!description.empty()) cleaned["description"] = std::move(description);
    if (is_object_schema(schema)) cleaned["additionalProperties"] = false;
    --nesting_;
    return cleaned;
  }

 private:
  // One keyword of a node: kept, rewritten, or told to `removed`.
  void clean_keyword(Json& to, const std::string& name, const Json& value, std::vector<std::string>& removed) {
    const bool means_null = name == "default" || name == "const";
    if ((value.is_null() && !means_null) || name == "description") return;
    if (value.is_array() && (name == "anyOf" || name == "oneOf")) {
      add_alternatives(to, clean_each(value));
    } else if (value.is_array() && name == "allOf") {
      add_all(to, clean_each(value));
    } else if (name == "items") {
      to[name] = value.is_array() ? clean_each(value) : clean(value);
    } else if (value.is_object() && (name == "properties" || name == "$defs" || name == "definitions")) {
      to[name] = clean_each(value);
    } else if (name == "additionalProperties") {
      if (value.is_object() && !value.empty()) removed.push_back(name + ": " + dump(value));
    } else if (is_kept(name, value)) {
      to[name] = value;
    } else {
      removed.push_back(name + ": " + (value.is_string() ? value.get<std::string>() : dump(value)));
    }
  }

  // A list of schemas, or an object that names them.
  Json clean_each(const Json& schemas) {
    Json cleaned = schemas.is_array() ? Json::array() : Json::object();
    for (const auto& [name, schema] : schemas.items()) {
      if (schemas.is_array()) cleaned.push_back(clean(schema));
      else cleaned[name] = clean(schema);
    }
    return cleaned;
  }

  int nesting_ = 0;
};

bool requires_all(const Json& schema) {
  const Json& required = items_of(schema, "required");
  const Json& properties = members_of(schema, "properties");
  return std::all_of(properties.items().begin(), properties.items().end(), [&](const auto& property) {
    return std::find(required.begin(), required.end(), property.key()) != required.end();
  });
}

bool is_strict_throughout(const Json& schema, int nesting = 0) {
  if (nesting > kNestingMax) return false;
  if (is_object_schema(schema)) {
    if (flag_of(schema, "additionalProperties") != false || !requires_all(schema)) return false;
  }
  bool strict = true;
  for_each_subschema(schema, [&](const Json& part) { strict = strict && is_strict_throughout(part, nesting + 1); });
  return strict;
}

}  // namespace

Json open_object_schema() { return Json{{"type", "object"}, {"properties", Json::object()}}; }

Json input_schema(const Json& parameters, std::string& description) {
  if (!parameters.is_object() || parameters.empty()) return open_object_schema();
  Json schema = Json::object();
  if (!has_member(parameters, "type")) schema["type"] = "object";
  for (const auto& [name, value] : parameters.items()) {
    if (name != "type" || !value.is_null()) schema[name] = value;
  }
  drop_null_required(schema);
  return has_combinators(schema) ? merged_schema(schema, description) : schema;
}

Json cleaned_schema(const Json& schema) { return Cleaner().clean(schema); }

bool describes_object(const Json& schema) {
  if (!schema.is_object() || has_combinators(schema)) return false;
  const Json* const type = find_member(schema, "type");
  return type != nullptr && !type->is_null() ? *type == "object" : has_member(schema, "properties");
}

Json wrapped_schema(Json schema) {
  drop_null_required(schema);
  Json wrapper{{"type", "object"}, {"properties", Json::object()}, {"required", Json::array({"value"})}};
  for (const char* const name : {"$defs", "definitions"}) {
    if (!has_member(schema, name)) continue;
    wrapper[name] = std::move(schema[name]);
    schema.erase(name);
  }
  wrapper["properties"]["value"] = std::move(schema);
  return wrapper;
}

bool is_strict_schema(const Json& schema) { return is_object_schema(schema) && is_strict_throughout(schema); }

}  // namespace aigw::protocol::messages
