// Where spans go, and which: the variables that OpenTelemetry's SDKs share (OpenTelemetry specification, "Environment
// Variable Specification" and "OpenTelemetry Protocol Exporter", read 2026-11-21). Read once, at start.
//
// Without OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT nothing is exported. A variable that is set
// to nothing is not set; where there is one for traces (OTEL_EXPORTER_OTLP_TRACES_…), it wins. A value that can't be
// used is told in a warning, which never repeats it, and the default stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "base/url.h"
#include "config/environment.h"
#include "observe/otlp.h"
#include "observe/trace_sampler.h"

namespace aigw::observe {

struct SpanSettings {
  Url collector;
  std::string path;                                      // on it, with query: `/v1/traces`
  std::vector<std::pair<std::string, Secret>> headers;   // of each request
  bool gzip = false;
  Millis timeout{10'000};                                // of one request
  Millis delay{5'000};                                   // spans wait at most so long for others
  std::size_t queue_max = 2'048;                         // exchanges that may wait
  std::size_t batch_max = 512;                           // of them in one request
  TraceSampler sampler;
  ResourceAttributes resource;
};

// Nothing: no spans are exported. `warnings`: what is wrong, each a sentence with the variable's name.
std::optional<SpanSettings> read_span_settings(const config::Environment& environment,
                                               std::vector<std::string>& warnings);

}  // namespace aigw::observe
