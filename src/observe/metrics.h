// All series there are, by the names of model and provider. They live on over reloads, and after their model or
// provider is gone: what was counted must not be lost between two scrapes, and counters never go down.
//
// Threads: any. Exchanges never look anything up here: their route has its series (RouteSeries).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "observe/series.h"

namespace aigw::observe {

class Metrics {
 public:
  // Of all models together. Beyond that, new names count as `other`: who reloads ever new names for months does not
  // fill the memory, some 4 KB a series.
  static constexpr std::size_t kSeriesMax = 10'000;

  Metrics();

  // For a route of a configuration: its series, made where there are none yet.
  std::shared_ptr<const RouteSeries> route(const std::string& model, const std::vector<std::string>& providers);
  // For exchanges without a route: unknown models, refused keys, requests that were not understood.
  const RouteSeries& other() const { return *other_; }

  // By model, then by provider.
  std::vector<std::shared_ptr<const ProviderSeries>> all() const;
  // Everything since the start.
  Sums totals() const;

 private:
  using Name = std::pair<std::string, std::string>;  // model and provider
  using Series = std::map<Name, std::shared_ptr<ProviderSeries>>;

  static std::shared_ptr<ProviderSeries> find_or_make(Series& all, const std::string& model,
                                                      const std::string& provider);

  Guarded<Series> series_;
  std::shared_ptr<ProviderSeries> stray_;   // `other` of `other`
  std::shared_ptr<const RouteSeries> other_;
};

}  // namespace aigw::observe
