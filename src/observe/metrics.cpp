#include "observe/metrics.h"

namespace aigw::observe {
namespace {

constexpr char kNone[] = "none";    // as in X-Gateway-Provider
constexpr char kOther[] = "other";

// Names that are gone before anything was counted for them.
void drop_unused(std::map<std::pair<std::string, std::string>, std::shared_ptr<ProviderSeries>>& all) {
  for (auto each = all.begin(); each != all.end();) {
    each = each->second.use_count() == 1 && !each->second->counted() ? all.erase(each) : std::next(each);
  }
}

}  // namespace

Metrics::Metrics() {
  series_.with([&](Series& all) {
    stray_ = find_or_make(all, kOther, kOther);
    const auto none = find_or_make(all, kOther, kNone);
    other_ = std::make_shared<RouteSeries>(none, stray_, std::vector{none, stray_});
  });
}

std::shared_ptr<const RouteSeries> Metrics::route(const std::string& model, const std::vector<std::string>& providers) {
  return series_.with([&](Series& all) {
    if (all.size() + providers.size() >= kSeriesMax) drop_unused(all);
    const auto none = find_or_make(all, model, kNone);
    for (const std::string& provider : providers) find_or_make(all, model, provider);
    std::vector<RouteSeries::Provider> found;
    for (auto each = all.lower_bound({model, ""}); each != all.end() && each->first.first == model; ++each) {
      found.push_back(each->second);
    }
    return std::make_shared<const RouteSeries>(none != nullptr ? none : stray_, stray_, std::move(found));
  });
}

std::vector<std::shared_ptr<const ProviderSeries>> Metrics::all() const {
  return series_.with([](const Series& all) {
    std::vector<std::shared_ptr<const ProviderSeries>> list;
    list.reserve(all.size());
    for (const auto& [name, series] : all) list.push_back(series);
    return list;
  });
}

Sums Metrics::totals() const {
  Sums sums;
  for (const auto& series : all()) sums += series->sums();
  return sums;
}

// Null: there are too many.
std::shared_ptr<ProviderSeries> Metrics::find_or_make(Series& all, const std::string& model,
                                                      const std::string& provider) {
  const auto found = all.find({model, provider});
  if (found != all.end()) return found->second;
  if (all.size() >= kSeriesMax) return nullptr;
  return all.emplace(Name(model, provider), std::make_shared<ProviderSeries>(model, provider)).first->second;
}

}  // namespace aigw::observe
