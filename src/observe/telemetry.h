// What the gateway tells of its exchanges: each story goes here once, at its end, and on to the log, to the metrics and to
// the last stories that are kept.
//
// Lives as long as the gateway. Thread-safe; no lock is shared by exchanges.
#pragma once

#include "config/config.h"
#include "observe/metrics.h"
#include "observe/span_exporter.h"
#include "observe/story.h"
#include "observe/story_book.h"
#include "observe/trace_context.h"

namespace aigw::observe {

class Telemetry {
 public:
  // `spans`: null: none are exported; outlives this object.
  Telemetry(const config::Global& config, SpanExporter* spans);

  // The trace that a request is part of, from the head of it; whether it is exported is decided here.
  TraceContext trace_of(const http::Headers& headers) const;
  bool exports_traces() const { return spans_ != nullptr; }

  // `route`: where it counts; null: it has found none. `config`: what it was served by.
  void exchange_ended(Story story, const RouteSeries* route, const config::Global& config);

  Metrics& metrics() { return metrics_; }
  const Metrics& metrics() const { return metrics_; }
  const StoryBook& recent() const { return recent_; }
  const SpanExporter* spans() const { return spans_; }  // may be null

 private:
  Metrics metrics_;
  StoryBook recent_;
  SpanExporter* const spans_;
};

}  // namespace aigw::observe
