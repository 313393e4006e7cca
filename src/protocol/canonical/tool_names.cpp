#include "protocol/canonical/tool_names.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "protocol/canonical/alias.h"

namespace aigw::protocol::canonical {
namespace {

// A dialect's rule for names; `length_max` 0: it has none.
struct NameRule {
  std::size_t length_max = 0;
  bool (*is_allowed)(char) = is_word_character;
  bool letter_first = false;  // or an underscore
};

bool is_gemini_character(char c) { return is_word_character(c) || c == '.' || c == ':'; }

bool is_first_character(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

NameRule rule_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::Chat:
    case Dialect::Responses: return {64};
    case Dialect::Messages: return {128};
    case Dialect::Gemini: return {128, is_gemini_character, true};
    default: return {};
  }
}

bool fits(std::string_view name, const NameRule& rule) {
  return !name.empty() && name.size() <= rule.length_max && std::all_of(name.begin(), name.end(), rule.is_allowed) &&
         (!rule.letter_first || is_first_character(name.front()));
}

std::string alias_of(std::string_view name, const NameRule& rule, std::size_t digits) {
  std::string alias = replace_refused(name, rule.is_allowed);
  if (rule.letter_first && (alias.empty() || !is_first_character(alias.front()))) alias.insert(0, 1, '_');
  alias.resize(std::min(alias.size(), rule.length_max - digits - 1));
  return alias + '_' + short_digest(name, digits);
}

// Calls `visit` with each place of the request where the name of a client's tool stands, definitions first.
void visit_names(Request& request, const std::function<void(std::string&)>& visit) {
  for (Tool& tool : request.tools) {
    if (tool.kind != Tool::Kind::Server) visit(tool.name);
  }
  if (request.tool_choice) {
    if (request.tool_choice->kind == ToolChoice::Kind::Named) visit(request.tool_choice->name);
    for (std::string& name : request.tool_choice->names) visit(name);
  }
  for (Message& message : request.messages) {
    for (Part& part : message.parts) {
      if (ToolCall* const call = as<ToolCall>(part)) visit(call->name);
      ToolResult* const result = as<ToolResult>(part);
      if (result != nullptr && !result->name.empty()) visit(result->name);
    }
  }
}

}  // namespace

void fit_tool_names(Request& request, Dialect to, ReplyRules& rules) {
  const NameRule rule = rule_of(to);
  if (rule.length_max == 0) return;
  std::set<std::string> taken;
  visit_names(request, [&](std::string& name) {
    if (fits(name, rule)) taken.insert(name);
  });
  std::map<std::string, std::string> aliases;  // by the client's name
  visit_names(request, [&](std::string& name) {
    if (fits(name, rule)) return;
    std::string& alias = aliases[name];
    if (alias.empty()) {
      alias = alias_of(name, rule, 8);
      if (taken.count(alias) != 0) alias = alias_of(name, rule, 16);
      taken.insert(alias);
      rules.tool_names[alias] = name;
    }
    name = alias;
  });
}

}  // namespace aigw::protocol::canonical
