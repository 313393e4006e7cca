#include "protocol/json_tree.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "protocol/json_scan.h"

namespace aigw::protocol {

Result<Json> parse_object(std::string_view text) {
  if (std::optional<std::string> fault = json_object_fault(text)) return Error{ErrorKind::Garbled, std::move(*fault)};
  constexpr bool kThrow = false;
  Json value = Json::parse(text.begin(), text.end(), nullptr, kThrow);
  if (!value.is_object()) {
    return Error{ErrorKind::Garbled, "JSON with a number out of range or an escape that is half of a surrogate pair"};
  }
  return value;
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

const Json* find_member(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

bool is_given(const Json& value) {
  return !value.is_null() && !(value.is_string() && value.get_ref<const std::string&>().empty());
}

}  // namespace aigw::protocol
