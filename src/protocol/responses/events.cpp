#include "protocol/responses/events.h"

#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol::responses {

std::string_view event_type(std::string_view name, const Json& event) {
  const std::string_view type = text_of(event, "type");
  return type.empty() ? name : type;
}

bool is_failure(std::string_view type, const Json& event) {
  if (type == "error" || type == "response.failed" || type == "response.cancelled") return true;
  const Json* const error = find_member(event, "error");
  return error != nullptr && is_given(*error);
}

bool is_last(std::string_view type) { return type == "response.completed" || type == "response.incomplete"; }

}  // namespace aigw::protocol::responses
