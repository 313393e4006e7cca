#include "observe/telemetry.h"

#include <memory>
#include <utility>

#include "observe/exchange_log.h"

namespace aigw::observe {
namespace {

std::size_t bytes_of(int megabytes) { return static_cast<std::size_t>(megabytes) << 20; }

}  // namespace

Telemetry::Telemetry(const config::Global& config, SpanExporter* spans)
    : recent_(static_cast<std::size_t>(config.requests_kept), bytes_of(config.requests_kept_mb)), spans_(spans) {}

TraceContext Telemetry::trace_of(const http::Headers& headers) const {
  TraceContext context = continue_trace(headers);
  if (spans_ != nullptr) context.flags = spans_->samples(context) ? 1 : 0;
  return context;
}

void Telemetry::exchange_ended(Story story, const RouteSeries* route, const config::Global& config) {
  count(story, route != nullptr ? *route : metrics_.other());
  log_exchange(story, config);
  auto told = std::make_shared<const Story>(std::move(story));
  if (spans_ != nullptr) spans_->offer(told);
  recent_.add(std::move(told));
}

}  // namespace aigw::observe
