#include "protocol/messages/events.h"

#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol::messages {

std::string_view event_type(std::string_view name, const Json& event) {
  const std::string_view type = text_of(event, "type");
  return type.empty() ? name : type;
}

bool is_error(std::string_view type, const Json& event) {
  if (type == "error") return true;
  const Json* const error = find_member(event, "error");
  return error != nullptr && is_given(*error);
}

std::int64_t index_of(const Json& event) { return integer_of(event, "index").value_or(0); }

std::string event_frame(std::string_view type, std::string_view members) {
  std::string frame;
  frame.reserve(2 * type.size() + members.size() + 32);
  frame.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
  frame.append(members).append("}\n\n");
  return frame;
}

}  // namespace aigw::protocol::messages
