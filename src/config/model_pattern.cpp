#include "config/model_pattern.h"

#include <cstddef>

namespace aigw::config {

bool is_pattern(std::string_view model) { return model.find('*') != std::string_view::npos; }

bool matches_pattern(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t read = 0;
  std::size_t last_star = std::string_view::npos;
  std::size_t star_end = 0;  // how much of the name the last star has taken
  while (read < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      last_star = at++;
      star_end = read;
    } else if (at < pattern.size() && pattern[at] == name[read]) {
      ++at;
      ++read;
    } else if (last_star != std::string_view::npos) {
      // Only the last star needs to take more: whatever an earlier one takes, the rest fits as well behind it.
      at = last_star + 1;
      read = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace aigw::config
