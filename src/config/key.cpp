#include "config/key.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/model_pattern.h"

namespace aigw::config {
namespace {

constexpr std::size_t kKeyNameBytesMax = 100;

}  // namespace

bool ModelRules::allow(std::string_view asked, std::string_view route) const {
  bool is_listed = false;
  bool has_list = false;
  for (const std::string_view pattern : patterns) {
    const bool forbids = starts_with(pattern, "!");
    const std::string_view names = pattern.substr(forbids ? 1 : 0);
    const bool fits = matches_pattern(names, asked) || matches_pattern(names, route);
    if (forbids && fits) return false;
    has_list = has_list || !forbids;
    is_listed = is_listed || (!forbids && fits);
  }
  return is_listed || !has_list;
}

std::optional<std::string> key_name_fault(std::string_view name) {
  constexpr std::string_view kMarks = "._@-";
  constexpr std::array<std::string_view, 4> kOwn = {"-", "api_key", "admin_key", "jwt"};
  const bool is_plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
  if (name.empty() || name.size() > kKeyNameBytesMax || !is_plain) {
    return "a key's name has 1 to " + std::to_string(kKeyNameBytesMax) + " letters, digits or ._@-";
  }
  if (std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end()) return "the gateway uses this name itself";
  return std::nullopt;
}

}  // namespace aigw::config
