#include "protocol/canonical/request.h"

#include <algorithm>
#include <utility>

namespace aigw::protocol::canonical {

JsonBox Request::take_extra(std::string_view name) {
  const auto found = std::find_if(extras.begin(), extras.end(), [&](const Extra& extra) { return extra.name == name; });
  if (found == extras.end()) return {};
  JsonBox value = std::move(found->value);
  extras.erase(found);
  return value;
}

}  // namespace aigw::protocol::canonical
