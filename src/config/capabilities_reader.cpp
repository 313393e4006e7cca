#include "config/capabilities_reader.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace aigw::config {
namespace {

// The words of protocols.md §3.7.
const std::vector<std::string> kEfforts = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};

void read_effort_levels(const Value& value, Capabilities& into) {
  const auto elements = value.elements();
  if (!elements) return;
  if (elements->empty()) value.refuse("at least one level is required; a model without has \"thinking\": \"none\"");
  std::vector<std::string> levels;
  for (const Value& element : *elements) {
    if (auto level = read_word(element, "effort", kEfforts)) levels.push_back(std::move(*level));
  }
  into.effort_levels = std::move(levels);
}

Read<Capabilities> boolean_or_null(std::optional<bool> Capabilities::*field) {
  return or_null<Capabilities, bool>(field, [](const Value& value) { return value.boolean(); });
}

// A field, and how it is taken from one object to another.
struct Capability {
  Field<Capabilities> field;
  std::function<void(const Capabilities& from, Capabilities& into)> copy;
};

template <typename Part>
Capability capability(const char* name, Part Capabilities::*field, Read<Capabilities> read) {
  return {{name, std::move(read)}, [=](const Capabilities& from, Capabilities& into) { into.*field = from.*field; }};
}

Capability flag(const char* name, bool Capabilities::*field) { return capability(name, field, boolean(field)); }

const std::vector<Capability>& capabilities() {
  using Can = Capabilities;
  static const std::vector<Capability> all = {
      capability("max_output_tokens", &Can::max_output_tokens, count_or_null(&Can::max_output_tokens)),
      capability("thinking", &Can::thinking,
                 choice("form of thinking", &Can::thinking,
                        {ThinkingForm::None, ThinkingForm::Budget, ThinkingForm::Adaptive, ThinkingForm::Level})),
      capability("effort_levels", &Can::effort_levels, read_effort_levels),
      flag("structured_outputs", &Can::structured_outputs),
      flag("rejects_sampling", &Can::rejects_sampling),
      capability("temp_xor_top_p", &Can::temp_xor_top_p, boolean_or_null(&Can::temp_xor_top_p)),
      flag("mid_system", &Can::mid_system),
      flag("prefill", &Can::prefill),
      capability("max_tokens_field", &Can::max_tokens_field,
                 word("field", &Can::max_tokens_field, {"max_tokens", "max_completion_tokens"})),
      flag("reasoning_model", &Can::reasoning_model),
      flag("reasoning_replay", &Can::reasoning_replay),
      flag("tool_strict", &Can::tool_strict),
      flag("vision", &Can::vision),
      flag("documents", &Can::documents),
      flag("audio_in", &Can::audio_in),
      flag("system_parts", &Can::system_parts),
      flag("json_with_tools", &Can::json_with_tools),
      flag("json_schema_tools", &Can::json_schema_tools),
      flag("needs_thought_signature", &Can::needs_thought_signature),
      flag("usage_in_stream", &Can::usage_in_stream),
      flag("takes_top_k", &Can::takes_top_k),
      flag("takes_cache_control", &Can::takes_cache_control),
      flag("cache_breakpoints", &Can::cache_breakpoints),
      flag("custom_tools", &Can::custom_tools),
      flag("is_openai", &Can::is_openai),
      capability("system_role", &Can::system_role, word("role", &Can::system_role, {"system", "developer"})),
  };
  return all;
}

}  // namespace

const Fields<Capabilities>& capability_fields() {
  static const Fields<Capabilities> fields = [] {
    Fields<Capabilities> list;
    for (const Capability& one : capabilities()) list.push_back(one.field);
    return list;
  }();
  return fields;
}

void read_capabilities(const Value& value, ProviderDraft& into) {
  if (!read_object(value, capability_fields(), into.capabilities)) return;
  const auto members = value.members();
  for (const auto& [name, member] : *members) {
    if (member.is_null()) {
      into.own_capabilities.erase(name);
    } else {
      into.own_capabilities.insert(name);
    }
  }
}

Capabilities overlay(Capabilities known, const Capabilities& said, const std::set<std::string>& names) {
  for (const Capability& one : capabilities()) {
    if (names.contains(one.field.name)) one.copy(said, known);
  }
  return known;
}

}  // namespace aigw::config
