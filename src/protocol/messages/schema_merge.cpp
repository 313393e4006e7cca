#include "protocol/messages/schema_merge.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

using std::string_view;

constexpr std::array<const char*, 3> kCombinators = {"allOf", "anyOf", "oneOf"};

// References can make a small schema endless: so many branches and properties are looked at, and so many deep.
constexpr int kStepsMax = 2000;
constexpr int kDepthMax = 16;
// Each variant of a property is compared with all before it. One with more of them may be anything.
constexpr std::size_t kVariantsMax = 32;

// What the branches say of a property.
struct Property {
  std::vector<const Json*> variants;  // that differ
  bool alternatives = false;          // one of the variants must hold, not all of them
  bool anything = false;              // there were too many variants
};

// The object that a schema describes.
struct Members {
  std::vector<string_view> names;  // in order of appearance
  std::map<string_view, Property> properties;
  std::set<string_view> required;
};

void add_variant(Property& property, const Json* schema) {
  if (property.anything) return;
  const auto same = [&](const Json* known) { return known == schema || *known == *schema; };
  if (std::any_of(property.variants.begin(), property.variants.end(), same)) return;
  property.anything = property.variants.size() == kVariantsMax;
  property.variants.push_back(schema);
}

void add_properties(Members& to, const Members& from, bool alternatives) {
  for (const string_view name : from.names) {
    const Property& source = from.properties.at(name);
    const auto [found, is_new] = to.properties.try_emplace(name);
    if (is_new) to.names.push_back(name);
    for (const Json* const variant : source.variants) add_variant(found->second, variant);
    found->second.alternatives = found->second.alternatives || source.alternatives || alternatives;
    found->second.anything = found->second.anything || source.anything;
  }
}

class Gatherer {
 public:
  explicit Gatherer(const Json& root) : root_(root) {}

  Members gather(const Json& schema, int depth) {
    Members members;
    for (const auto& [name, property] : members_of(schema, "properties").items()) {
      if (--steps_left_ < 0) return members;
      members.names.emplace_back(name);
      members.properties[name].variants.push_back(&property);
    }
    for (const Json& name : items_of(schema, "required")) {
      if (name.is_string()) members.required.insert(name.get_ref<const std::string&>());
    }
    if (depth == kDepthMax) return members;
    for (const Json& branch : items_of(schema, "allOf")) add_part(members, branch, depth);
    for (const char* const name : {"anyOf", "oneOf"}) add_alternatives(members, items_of(schema, name), depth);
    return members;
  }

 private:
  void add_part(Members& members, const Json& branch, int depth) {
    const Json* const schema = object_behind(branch);
    if (schema == nullptr || --steps_left_ < 0) return;
    const Members part = gather(*schema, depth + 1);
    add_properties(members, part, false);
    members.required.insert(part.required.begin(), part.required.end());
  }

  void add_alternatives(Members& members, const Json& branches, int depth) {
    Members all;
    std::optional<std::set<string_view>> required;
    for (const Json& branch : branches) {
      const Json* const schema = object_behind(branch);
      if (schema == nullptr || --steps_left_ < 0) continue;
      const Members one = gather(*schema, depth + 1);
      add_properties(all, one, true);
      if (!required) required = one.required;
      std::erase_if(*required, [&](string_view name) { return !one.required.contains(name); });
    }
    add_properties(members, all, false);
    if (required) members.required.insert(required->begin(), required->end());
  }

  // The branch, or what it refers to; null if that can't be an object.
  const Json* object_behind(const Json& branch) const {
    const Json* schema = &branch;
    for (int hops = 0; schema != nullptr && has_member(*schema, "$ref"); ++hops) {
      schema = hops < kDepthMax ? target_of(text_of(*schema, "$ref")) : nullptr;
    }
    if (schema == nullptr || !schema->is_object()) return nullptr;
    const Json* const type = find_member(*schema, "type");
    return type == nullptr || !type->is_string() || *type == "object" ? schema : nullptr;
  }

  const Json* target_of(string_view reference) const {
    for (const char* const name : {"$defs", "definitions"}) {
      const std::string prefix = std::string("#/") + name + "/";
      if (starts_with(reference, prefix)) return find_member(members_of(root_, name), reference.substr(prefix.size()));
    }
    return nullptr;
  }

  const Json& root_;
  int steps_left_ = kStepsMax;
};

Json schema_of(const Property& property) {
  if (property.anything) return Json::object();
  if (property.variants.size() == 1) return *property.variants.front();
  Json variants = Json::array();
  for (const Json* const variant : property.variants) variants.push_back(*variant);
  return Json{{property.alternatives ? "anyOf" : "allOf", std::move(variants)}};
}

}  // namespace

bool has_combinators(const Json& schema) {
  return std::any_of(kCombinators.begin(), kCombinators.end(),
                     [&](const char* name) { return find_member(schema, name) != nullptr; });
}

Json merged_schema(const Json& schema, std::string& description) {
  const Members members = Gatherer(schema).gather(schema, 0);
  Json merged = schema;
  Json original = Json::object();
  for (const char* const name : kCombinators) {
    if (has_member(schema, name)) original[name] = schema[name];
    merged.erase(name);
  }
  Json properties = Json::object();
  Json required = Json::array();
  for (const string_view name : members.names) {
    properties[std::string(name)] = schema_of(members.properties.at(name));
    if (members.required.contains(name)) required.push_back(name);
  }
  merged["properties"] = std::move(properties);
  merged.erase("required");
  if (!required.empty()) merged["required"] = std::move(required);
  if (original.empty()) return merged;
  if (!description.empty()) description += "\n\n";
  description += "The input must also match this JSON Schema: " + dump(original);
  return merged;
}

}  // namespace aigw::protocol::messages
