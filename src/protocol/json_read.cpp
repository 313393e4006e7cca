#include "protocol/json_read.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace aigw::protocol {

std::string_view text_of(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_ref<const std::string&>();
}

std::optional<std::int64_t> integer_of(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  if (member->is_number_unsigned()) {
    const std::uint64_t value = member->get<std::uint64_t>();
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value > kMost ? std::nullopt : std::optional(static_cast<std::int64_t>(value));
  }
  if (member->is_number_integer()) return member->get<std::int64_t>();
  const double value = member->get<double>();
  constexpr double kExactMax = 9007199254740992;  // 2^53: beyond it a double tells no integers apart
  if (std::trunc(value) != value || std::fabs(value) > kExactMax) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<bool> flag_of(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

const Json& items_of(const Json& object, std::string_view name) {
  static const Json none = Json::array();
  const Json* const member = find_member(object, name);
  return member != nullptr && member->is_array() ? *member : none;
}

const Json& members_of(const Json& object, std::string_view name) {
  static const Json none = Json::object();
  const Json* const member = find_member(object, name);
  return member != nullptr && member->is_object() ? *member : none;
}

bool has_member(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  return member != nullptr && !member->is_null();
}

}  // namespace aigw::protocol
