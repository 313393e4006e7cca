#include "auth/merge_patch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "config/document.h"
#include "config/problem.h"

namespace aigw::auth {
namespace {

using config::Member;
using config::Node;

Error too_long() { return invalid("more than " + std::to_string(kSettingsBytesMax) + " bytes of settings"); }

Result<Node> parse_node(std::string_view json) {
  if (json.size() > kSettingsBytesMax) return too_long();
  config::Document document = config::parse_document(json);
  if (!document.problems.empty()) return invalid(config::text_of(document.problems));
  return std::move(document.root);
}

bool is_null(const Node& node) { return std::holds_alternative<std::nullptr_t>(node.value); }

// RFC 7396 section 2, MergePatch.
void merge(Node& target, const Node& patch) {
  const auto* changes = std::get_if<Node::Object>(&patch.value);
  if (changes == nullptr) {
    target = patch;
    return;
  }
  if (!std::holds_alternative<Node::Object>(target.value)) target = Node{Node::Object{}};
  auto& members = std::get<Node::Object>(target.value);
  for (const Member& change : *changes) {
    const auto is_it = [&](const Member& member) { return member.name == change.name; };
    auto found = std::find_if(members.begin(), members.end(), is_it);
    if (is_null(change.value)) {
      if (found != members.end()) members.erase(found);
      continue;
    }
    if (found == members.end()) found = members.insert(members.end(), {change.name, {nullptr}});
    merge(found->value, change.value);
  }
}

}  // namespace

Result<std::string> compact_json(std::string_view json) {
  const Result<Node> node = parse_node(json);
  if (!node) return node.error();
  return config::json_of(*node);
}

Result<std::string> merge_patch(std::string_view target, std::string_view patch) {
  Result<Node> node = parse_node(target);
  if (!node) return node.error();
  const Result<Node> change = parse_node(patch);
  if (!change) return change.error();
  merge(*node, *change);
  std::string merged = config::json_of(*node);
  if (merged.size() > kSettingsBytesMax) return too_long();
  return merged;
}

}  // namespace aigw::auth
