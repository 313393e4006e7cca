// What the gateway tells of its exchanges: each story goes here once, at its end, and on to the log and to the last
// stories that are kept.
//
// Lives as long as the gateway. Thread-safe; no lock is shared by exchanges.
#pragma once

#include <cstddef>

#include "config/config.h"
#include "observe/recent_stories.h"
#include "observe/story.h"

namespace aigw::observe {

class Telemetry {
 public:
  explicit Telemetry(const config::Global& config);

  // `config`: what the exchange was served by.
  void exchange_ended(Story story, const config::Global& config);

  const RecentStories& recent() const { return recent_; }

 private:
  RecentStories recent_;
};

}  // namespace aigw::observe
