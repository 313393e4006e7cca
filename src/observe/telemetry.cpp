#include "observe/telemetry.h"

#include <memory>
#include <utility>

#include "observe/exchange_log.h"

namespace aigw::observe {
namespace {

std::size_t bytes_of(int megabytes) { return static_cast<std::size_t>(megabytes) << 20; }

}  // namespace

Telemetry::Telemetry(const config::Global& config)
    : recent_(static_cast<std::size_t>(config.requests_kept), bytes_of(config.requests_kept_mb)) {}

void Telemetry::exchange_ended(Story story, const RouteSeries* route, const config::Global& config) {
  count(story, route != nullptr ? *route : metrics_.other());
  log_exchange(story, config);
  recent_.add(std::make_shared<const Story>(std::move(story)));
}

}  // namespace aigw::observe
