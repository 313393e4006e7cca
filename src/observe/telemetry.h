// What the gateway tells of its exchanges: each story goes here once, at its end, and on to the log, to the metrics and to
// the last stories that are kept.
//
// Lives as long as the gateway. Thread-safe; no lock is shared by exchanges.
#pragma once

#include <cstddef>

#include "config/config.h"
#include "observe/metrics.h"
#include "observe/recent_stories.h"
#include "observe/story.h"

namespace aigw::observe {

class Telemetry {
 public:
  explicit Telemetry(const config::Global& config);

  // `route`: where it counts; null: it has found none. `config`: what it was served by.
  void exchange_ended(Story story, const RouteSeries* route, const config::Global& config);

  Metrics& metrics() { return metrics_; }
  const Metrics& metrics() const { return metrics_; }
  const RecentStories& recent() const { return recent_; }

 private:
  Metrics metrics_;
  RecentStories recent_;
};

}  // namespace aigw::observe
