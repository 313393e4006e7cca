// One node of a JSON Schema as its author meant it: references followed, `allOf` merged, "or null" told apart
// (the first rewrites of protocols.md §11.2).
//
// Nodes hold pointers into the schema, so nothing is copied before it is written. The schema outlives them.
#pragma once

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// What the schemas of one request may come to. References are written out, so a few bytes can ask for very many.
class SchemaBudget {
 public:
  void take(std::size_t bytes) { left_ -= bytes < left_ ? bytes : left_; }
  bool is_spent() const { return left_ == 0; }

 private:
  std::size_t left_ = std::size_t{16} << 20U;
};

struct SchemaNode {
  using Entry = std::pair<std::string_view, const Json*>;

  const Json* keyword(std::string_view name) const;  // null if there is none

  // All but those that have a place below, in the author's order.
  std::vector<Entry> keywords;
  std::set<std::string_view> keyword_names;
  std::vector<Entry> properties;
  std::set<std::string_view> property_names;
  std::vector<std::string_view> required;
  std::vector<const Json*> any_of;  // without the branch for null
  bool nullable = false;
  std::vector<const Json*> targets;  // of the references that were followed
};

// Makes the nodes of one schema. A schema that refers to itself, or to so much that its copies would never end, gets
// open objects (`{"type":"object"}`) from some point on.
class SchemaNodes {
 public:
  SchemaNodes(const Json& root, SchemaBudget& budget);

  // The node that `schema`, a part of the root, stands for. What is no object says nothing.
  SchemaNode node(const Json& schema);

  // While the children of a node are made: recursion is told from the references on the way down to them.
  void enter(const SchemaNode& node);
  void leave(const SchemaNode& node);

  // Too deep, too many nodes, or no budget left: the next one must be an open object.
  bool exhausted() const;

 private:
  void gather(const Json& schema, SchemaNode& node);
  void add_branches(const Json& branches, SchemaNode& node);
  void follow(std::string_view reference, SchemaNode& node);
  const Json* find(std::string_view reference) const;

  const Json& root_;
  SchemaBudget& budget_;
  std::vector<const Json*> path_;  // targets of the references above
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace aigw::protocol::gemini
