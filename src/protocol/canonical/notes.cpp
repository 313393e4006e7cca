#include "protocol/canonical/notes.h"

#include <algorithm>
#include <utility>

namespace aigw::protocol::canonical {

std::string item_param(std::string_view param, std::size_t index) {
  return std::string(param) + "[" + std::to_string(index) + "]";
}

void Notes::drop(std::string_view field) {
  if (strict_) return reject(field, "The provider does not take \"" + std::string(field) + "\" (strict_params is set).");
  if (std::find(dropped_.begin(), dropped_.end(), field) == dropped_.end()) dropped_.emplace_back(field);
}

void Notes::reject(std::string_view param, std::string message) {
  if (!rejection_) rejection_ = Rejection{std::string(param), std::move(message)};
}

}  // namespace aigw::protocol::canonical
