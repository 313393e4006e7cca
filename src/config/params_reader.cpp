#include "config/params_reader.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aigw::config {
namespace {

// Members that the gateway writes itself have settings of their own.
std::optional<std::string> fault_of(const std::string& name) {
  if (name.empty()) return "a field's name must not be empty";
  if (name == "model") return "\"model\" can't be adapted; the provider's own \"model\" says what is sent";
  if (name == "stream") {
    return "\"stream\" can't be adapted; \"stream_support\" and \"non_stream_support\" say how the provider is asked";
  }
  return std::nullopt;
}

bool is_refused(const Value& value, const std::string& name) {
  const auto fault = fault_of(name);
  if (fault) value.refuse(*fault);
  return fault.has_value();
}

void read_drop(const Value& value, Params& into) {
  const auto elements = value.elements();
  if (!elements) return;
  into.drop.clear();
  for (const Value& element : *elements) {
    const auto name = element.literal();
    if (name && !is_refused(element, *name)) into.drop.push_back(*name);
  }
}

void read_rename(const Value& value, Params& into) {
  const auto members = value.members();
  if (!members) return;
  into.rename.clear();
  std::map<std::string, std::string> taken;  // new name and the old one
  for (const auto& [old_name, member] : *members) {
    const auto new_name = member.literal();
    if (!new_name || is_refused(member, old_name) || is_refused(member, *new_name)) continue;
    const auto [other, is_new] = taken.emplace(*new_name, old_name);
    if (!is_new) {
      member.refuse("already the new name of " + in_quotes(other->second));
    } else {
      into.rename[old_name] = *new_name;
    }
  }
}

Read<Params> values(std::map<std::string, std::string> Params::*field) {
  return [=](const Value& value, Params& into) {
    const auto members = value.members();
    if (!members) return;
    (into.*field).clear();
    for (const auto& [name, member] : *members) {
      if (!is_refused(member, name)) (into.*field)[name] = member.json();
    }
  };
}

}  // namespace

const Fields<Params>& params_fields() {
  static const Fields<Params> fields = {
      {"drop", read_drop},
      {"rename", read_rename},
      {"set", values(&Params::set)},
      {"default", values(&Params::defaults)},
  };
  return fields;
}

void read_params(const Value& value, ProviderDraft& into) { read_object(value, params_fields(), into.params); }

}  // namespace aigw::config
