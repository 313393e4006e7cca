#include "protocol/gemini/schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// nlohmann's ordered objects copy all members, however deep, when they grow.
Json object_for(std::size_t members) {
  Json object = Json::object();
  object.get_ref<Json::object_t&>().reserve(members);
  return object;
}

// Which JSON types a keyword speaks of, and of which type its value is.
struct Keyword {
  enum class Value { Text, Number, Array, Any };
  std::string_view name;
  Value value;
  std::string_view of;  // types, "" for all
};

constexpr std::array kKept = {
    Keyword{"title", Keyword::Value::Text, ""},
    Keyword{"description", Keyword::Value::Text, ""},
    Keyword{"propertyOrdering", Keyword::Value::Array, "object"},
    Keyword{"minItems", Keyword::Value::Number, "array"},
    Keyword{"maxItems", Keyword::Value::Number, "array"},
    Keyword{"minProperties", Keyword::Value::Number, "object"},
    Keyword{"maxProperties", Keyword::Value::Number, "object"},
    Keyword{"minLength", Keyword::Value::Number, "string"},
    Keyword{"maxLength", Keyword::Value::Number, "string"},
    Keyword{"minimum", Keyword::Value::Number, "integer number"},
    Keyword{"maximum", Keyword::Value::Number, "integer number"},
    Keyword{"pattern", Keyword::Value::Text, "string"},
    Keyword{"example", Keyword::Value::Any, ""},
};

const Keyword* kept(std::string_view name) {
  const auto found = std::find_if(kKept.begin(), kKept.end(), [&](const Keyword& k) { return k.name == name; });
  return found == kKept.end() ? nullptr : &*found;
}

bool has_form(const Json& value, Keyword::Value form) {
  switch (form) {
    case Keyword::Value::Text: return value.is_string();
    case Keyword::Value::Number: return value.is_number();
    case Keyword::Value::Array: return value.is_array();
    case Keyword::Value::Any: return true;
  }
  return false;
}

// About what a copy of it takes.
std::size_t size_of(const Json& value) {
  std::size_t size = 16 + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
  if (!value.is_structured()) return size;
  for (const auto& [name, member] : value.items()) size += (value.is_object() ? name.size() : 0) + size_of(member);
  return size;
}

bool is_format_of(std::string_view type, std::string_view format) {
  if (type == "string") return is_one_of(format, {"enum", "date-time"});
  return is_one_of(type, {"integer", "number"}) && is_one_of(format, {"int32", "int64", "float", "double"});
}

// Members that a node may get beside its own keywords: type, items, properties, required, nullable, anyOf, limits.
constexpr std::size_t kAddedMax = 8;

// The types that the keyword `type` lists, in either vendor's case, null among them.
std::vector<std::string> types_of(const SchemaNode& node) {
  std::vector<std::string> types;
  const Json* const type = node.keyword("type");
  if (type == nullptr) return types;
  for (const Json& item : type->is_array() ? *type : Json::array({*type})) {
    std::string word = item.is_string() ? lower(item.get_ref<const std::string&>()) : std::string();
    const bool is_known =
        is_one_of(word, {"string", "number", "integer", "boolean", "array", "object", "null"});
    if (is_known && std::find(types.begin(), types.end(), word) == types.end()) types.push_back(std::move(word));
  }
  return types;
}

// What a node without `type` must be, "" if it may be anything.
std::string implied_type(const SchemaNode& node) {
  if (!node.properties.empty()) return "object";
  if (node.keyword("items") != nullptr || node.keyword("prefixItems") != nullptr) return "array";
  return "";
}

// The values that `enum` or `const` leaves, all of them texts: Gemini knows no others, and no empty ones.
struct Choices {
  bool given = false;
  bool has_null = false;
  Json values = Json::array();
};

Choices choices_of(const SchemaNode& node) {
  Choices choices;
  const Json* const list = node.keyword("enum");
  const Json* const single = node.keyword("const");
  choices.given = single != nullptr || (list != nullptr && list->is_array());
  if (!choices.given) return choices;
  for (const Json& value : single != nullptr ? Json::array({*single}) : *list) {
    choices.has_null = choices.has_null || value.is_null();
    if (is_given(value)) choices.values.push_back(value.is_string() ? value : Json(dump(value)));
  }
  return choices;
}

// A limit that itself is excluded, as one that is included: for integers the next one. In draft 4 the keyword is a
// flag on the plain limit.
void include_limit(const SchemaNode& node, std::string_view exclusive, const char* plain, int step, Json& out) {
  const Json* const given = node.keyword(exclusive);
  if (given == nullptr) return;
  const Json* const limit = given->is_boolean() && given->get<bool>() ? node.keyword(plain) : given;
  if (limit == nullptr || !limit->is_number()) return;
  const double value = limit->get<double>();
  constexpr double kExactMax = 9007199254740992;  // 2^53: beyond it adding one changes nothing
  if (std::fabs(value) > kExactMax) return;
  const double next = (step > 0 ? std::floor(value) : std::ceil(value)) + step;
  const Json* const other = find_member(out, plain);
  const bool is_tighter = other == nullptr || (step > 0) == (next > other->get<double>());
  if (is_tighter) out[plain] = static_cast<std::int64_t>(next);
}

class SchemaWriter {
 public:
  SchemaWriter(const Json& root, SchemaBudget& budget) : nodes_(root, budget), budget_(budget) {}

  Json write(const Json& schema);

 private:
  Json write_node(const SchemaNode& node);
  Json write_choices(const SchemaNode& node, const Choices& choices);
  Json write_types(const SchemaNode& node, const std::vector<std::string>& types);
  void write_type(const SchemaNode& node, const std::string& type, bool only_type, Json& out);
  void write_properties(const SchemaNode& node, Json& out);
  Json write_items(const SchemaNode& node);
  void write_branches(const SchemaNode& node, Json& out);

  SchemaNodes nodes_;
  SchemaBudget& budget_;
};

Json SchemaWriter::write(const Json& schema) {
  if (nodes_.exhausted()) return Json{{"type", "object"}};
  const SchemaNode node = nodes_.node(schema);
  for (const auto& [name, value] : node.keywords) {
    if (is_one_of(name, {"enum", "const"}) || kept(name) != nullptr) budget_.take(size_of(*value));
  }
  if (budget_.is_spent()) return Json{{"type", "object"}};
  nodes_.enter(node);
  Json out = write_node(node);
  nodes_.leave(node);
  return out;
}

Json SchemaWriter::write_node(const SchemaNode& node) {
  std::vector<std::string> types = types_of(node);
  const Choices choices = choices_of(node);
  const auto null_type = std::find(types.begin(), types.end(), "null");
  const bool or_null = null_type != types.end() && types.size() > 1;
  if (or_null) types.erase(null_type);
  if (types.empty()) types.push_back(implied_type(node));
  Json out = !choices.values.empty() ? write_choices(node, choices) : write_types(node, types);
  if (or_null || node.nullable || choices.has_null) out["nullable"] = true;
  write_branches(node, out);
  return out;
}

Json SchemaWriter::write_choices(const SchemaNode& node, const Choices& choices) {
  Json out = object_for(node.keywords.size() + kAddedMax);
  write_type(node, "string", true, out);
  out["enum"] = choices.values;
  return out;
}

// Several types become branches, each with the keywords that speak of it.
Json SchemaWriter::write_types(const SchemaNode& node, const std::vector<std::string>& types) {
  Json out = object_for(node.keywords.size() + kAddedMax);
  if (types.size() == 1) {
    write_type(node, types.front(), false, out);
    return out;
  }
  Json branches = Json::array();
  for (const std::string& type : types) {
    write_type(node, type, true, branches.emplace_back(Json::object()));
    branches.back().erase("title");
    branches.back().erase("description");
  }
  for (const auto& [name, value] : node.keywords) {
    if (is_one_of(name, {"title", "description"}) && value->is_string()) out[std::string(name)] = *value;
  }
  out["anyOf"] = std::move(branches);
  return out;
}

// `only_type`: without keywords that speak of other types. In a node of one type they do no harm and stay.
void SchemaWriter::write_type(const SchemaNode& node, const std::string& type, bool only_type, Json& out) {
  if (!type.empty()) out["type"] = type;
  for (const auto& [name, value] : node.keywords) {
    const Keyword* const keyword = kept(name);
    const bool is_format = name == "format" && value->is_string();
    if (is_format && is_format_of(type, value->get_ref<const std::string&>())) out["format"] = *value;
    if (keyword == nullptr || !has_form(*value, keyword->value)) continue;
    if (!only_type || keyword->of.empty() || contains(keyword->of, type)) out[std::string(name)] = *value;
  }
  if (type == "integer") {
    include_limit(node, "exclusiveMinimum", "minimum", 1, out);
    include_limit(node, "exclusiveMaximum", "maximum", -1, out);
  }
  if (type == "array") out["items"] = write_items(node);
  if (type == "object" || (type.empty() && !only_type)) write_properties(node, out);
}

void SchemaWriter::write_properties(const SchemaNode& node, Json& out) {
  if (node.properties.empty()) return;
  Json properties = object_for(node.properties.size());
  for (const auto& [name, schema] : node.properties) properties[std::string(name)] = write(*schema);
  out["properties"] = std::move(properties);
  Json required = Json::array();
  std::set<std::string_view> written;
  for (const std::string_view name : node.required) {
    if (node.property_names.contains(name) && written.insert(name).second) required.push_back(name);
  }
  if (!required.empty()) out["required"] = std::move(required);
}

// Gemini wants one schema for all items; that of a tuple is any of its own.
Json SchemaWriter::write_items(const SchemaNode& node) {
  const Json* items = node.keyword("items");
  if (items == nullptr || !(items->is_object() || items->is_array())) items = node.keyword("prefixItems");
  if (items != nullptr && items->is_object() && !items->empty()) return write(*items);
  if (items == nullptr || !items->is_array() || items->empty()) return Json{{"type", "string"}};
  if (items->size() == 1) return write(items->front());
  Json branches = Json::array();
  for (const Json& item : *items) branches.push_back(write(item));
  return Json{{"anyOf", std::move(branches)}};
}

// A branch of which nothing is left (`{"required":["a"]}`, say) would be refused, and says nothing.
void SchemaWriter::write_branches(const SchemaNode& node, Json& out) {
  if (node.any_of.empty()) return;
  Json branches = Json::array();
  for (const Json* const branch : node.any_of) {
    Json written = write(*branch);
    if (!written.empty()) branches.push_back(std::move(written));
  }
  if (!branches.empty() && !out.contains("anyOf")) out["anyOf"] = std::move(branches);
}

}  // namespace

Json to_gemini_schema(const Json& schema, SchemaBudget& budget) { return SchemaWriter(schema, budget).write(schema); }

bool names_parameters(const Json& schema) {
  if (!members_of(schema, "properties").empty() || has_member(schema, "$ref")) return true;
  for (const std::string_view choice : {"anyOf", "oneOf", "allOf"}) {
    if (!items_of(schema, choice).empty()) return true;
  }
  return false;
}

}  // namespace aigw::protocol::gemini
