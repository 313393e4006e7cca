#include "routing/route_table.h"

#include <algorithm>

#include "base/text.h"
#include "config/model_pattern.h"

namespace aigw::routing {
namespace {

constexpr std::size_t kSuggestionsMax = 3;

std::size_t literal_bytes_of(std::string_view pattern) {
  return pattern.size() - static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*'));
}

}  // namespace

RouteTable::RouteTable(const config::Config& config) {
  for (std::size_t route = 0; route < config.routes.size(); ++route) {
    const std::string& model = config.routes[route].model;
    if (config::is_pattern(model)) {
      patterns_.push_back({model, literal_bytes_of(model), route});
    } else if (exact_.try_emplace(model, route).second) {
      names_.push_back(model);
    }
  }
  // After all models, because a model beats another route's alias of the same name, wherever it stands in the file.
  for (std::size_t route = 0; route < config.routes.size(); ++route) {
    for (const std::string& alias : config.routes[route].aliases) {
      if (exact_.try_emplace(alias, route).second) names_.push_back(alias);
    }
  }
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [](const Pattern& a, const Pattern& b) { return a.literal_bytes > b.literal_bytes; });
}

std::size_t RouteTable::find(std::string_view model) const {
  if (const auto found = exact_.find(model); found != exact_.end()) return found->second;
  for (const Pattern& pattern : patterns_) {
    if (config::matches_pattern(pattern.text, model)) return pattern.route;
  }
  return npos;
}

std::vector<std::string> RouteTable::suggestions(std::string_view model) const {
  return nearest(model, names_, kSuggestionsMax);
}

}  // namespace aigw::routing
