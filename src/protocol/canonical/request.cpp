#include "protocol/canonical/request.h"

#include <algorithm>
#include <set>
#include <utility>

namespace aigw::protocol::canonical {

CacheMark cache_mark(std::string_view ttl) { return {ttl == "5m" || ttl == "1h" ? std::string(ttl) : ""}; }

bool Request::knows_chosen_tools() const {
  if (!tool_choice) return true;
  std::set<std::string_view> known;
  for (const Tool& tool : tools) known.insert(tool.name);
  const auto is_known = [&](std::string_view name) { return known.count(name) != 0; };
  const bool knows_one = tool_choice->kind != ToolChoice::Kind::Named || is_known(tool_choice->name);
  return knows_one && std::all_of(tool_choice->names.begin(), tool_choice->names.end(), is_known);
}

JsonBox Request::take_extra(std::string_view name) {
  const auto found = std::find_if(extras.begin(), extras.end(), [&](const Extra& extra) { return extra.name == name; });
  if (found == extras.end()) return {};
  JsonBox value = std::move(found->value);
  extras.erase(found);
  return value;
}

}  // namespace aigw::protocol::canonical
