#include "protocol/gemini/schema_node.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

// How often one definition may stand within itself before it becomes an open object.
constexpr std::ptrdiff_t kRecursionMax = 2;

// No schema that a model can follow is larger; a schema of a few hundred bytes can ask for 2^100 copies.
constexpr std::size_t kDepthOfNodesMax = 64;
constexpr std::size_t kNodesMax = 5000;
constexpr std::size_t kNodeBytes = 64;

const Json& open_type() {
  static const Json type = "object";
  return type;
}

// `{"type":"null"}` and what else lets nothing but null through.
bool is_null_branch(const Json& branch) {
  if (text_of(branch, "type") == "null") return true;
  const Json* const value = find_member(branch, "const");
  if (value != nullptr) return value->is_null();
  const Json& values = items_of(branch, "enum");
  return !values.empty() && std::all_of(values.begin(), values.end(), [](const Json& item) { return item.is_null(); });
}

// A step of a JSON pointer (RFC 6901 §4) as the name it means.
std::string unescape_step(std::string_view step) {
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool is_escape = step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
    name += !is_escape ? step[i] : step[i + 1] == '0' ? '~' : '/';
    if (is_escape) ++i;
  }
  return name;
}

const Json* step_into(const Json& value, const std::string& name) {
  if (value.is_object()) return find_member(value, name);
  const std::optional<std::uint64_t> index = parse_uint(name);
  return value.is_array() && index && *index < value.size() ? &value[static_cast<std::size_t>(*index)] : nullptr;
}

void add_keyword(SchemaNode& node, std::string_view name, const Json& value) {
  if (node.keyword_names.insert(name).second) node.keywords.emplace_back(name, &value);
}

void add_properties(SchemaNode& node, const Json& properties) {
  if (!properties.is_object()) return;
  for (const auto& [name, schema] : properties.items()) {
    if (node.property_names.insert(name).second) node.properties.emplace_back(name, &schema);
  }
}

void add_required(SchemaNode& node, const Json& names) {
  if (!names.is_array()) return;
  for (const Json& name : names) {
    if (name.is_string()) node.required.emplace_back(name.get_ref<const std::string&>());
  }
}

}  // namespace

const Json* SchemaNode::keyword(std::string_view name) const {
  const auto found = std::find_if(keywords.begin(), keywords.end(), [&](const Entry& e) { return e.first == name; });
  return found == keywords.end() ? nullptr : found->second;
}

SchemaNodes::SchemaNodes(const Json& root, SchemaBudget& budget) : root_(root), budget_(budget), path_{&root} {}

bool SchemaNodes::exhausted() const {
  return depth_ >= kDepthOfNodesMax || nodes_ >= kNodesMax || budget_.is_spent();
}

void SchemaNodes::enter(const SchemaNode& node) {
  ++depth_;
  path_.insert(path_.end(), node.targets.begin(), node.targets.end());
}

void SchemaNodes::leave(const SchemaNode& node) {
  --depth_;
  path_.resize(path_.size() - node.targets.size());
}

SchemaNode SchemaNodes::node(const Json& schema) {
  SchemaNode node;
  gather(schema, node);
  return node;
}

// What a node says itself goes before what it refers to.
void SchemaNodes::gather(const Json& schema, SchemaNode& node) {
  ++nodes_;
  budget_.take(kNodeBytes);
  if (!schema.is_object()) return;
  if (exhausted()) return add_keyword(node, "type", open_type());
  for (const auto& [name, value] : schema.items()) {
    if (name == "properties") {
      add_properties(node, value);
    } else if (name == "required") {
      add_required(node, value);
    } else if (name == "nullable") {
      node.nullable = node.nullable || (value.is_boolean() && value.get<bool>());
    } else if (name != "$ref" && name != "allOf" && name != "anyOf" && name != "oneOf") {
      add_keyword(node, name, value);
    }
  }
  ++depth_;
  add_branches(items_of(schema, "anyOf"), node);
  add_branches(items_of(schema, "oneOf"), node);
  if (has_member(schema, "$ref")) follow(text_of(schema, "$ref"), node);
  for (const Json& part : items_of(schema, "allOf")) gather(part, node);
  --depth_;
}

// "This or null" is this, nullable. Of several choices in one node the first counts: Gemini can't say "both".
void SchemaNodes::add_branches(const Json& branches, SchemaNode& node) {
  std::vector<const Json*> others;
  for (const Json& branch : branches) {
    if (!is_null_branch(branch)) others.push_back(&branch);
  }
  const bool has_null = others.size() < branches.size();
  node.nullable = node.nullable || has_null;
  if (has_null && others.size() == 1) return gather(*others.front(), node);
  if (node.any_of.empty()) node.any_of = std::move(others);
}

void SchemaNodes::follow(std::string_view reference, SchemaNode& node) {
  const Json* const target = find(reference);
  if (target == nullptr || std::count(path_.begin(), path_.end(), target) >= kRecursionMax) {
    return add_keyword(node, "type", open_type());
  }
  if (std::find(node.targets.begin(), node.targets.end(), target) != node.targets.end()) return;
  node.targets.push_back(target);
  gather(*target, node);
}

// Within the document only: `#`, `#/$defs/name`, any other pointer.
const Json* SchemaNodes::find(std::string_view reference) const {
  if (reference == "#") return &root_;
  if (!starts_with(reference, "#/")) return nullptr;
  const Json* value = &root_;
  for (const std::string_view step : split(reference.substr(2), '/')) {
    value = step_into(*value, unescape_step(step));
    if (value == nullptr) return nullptr;
  }
  return value;
}

}  // namespace aigw::protocol::gemini
