// The metrics of exchanges: what of the series stands in /metrics, under which names.
//
// Where the OpenTelemetry semantic conventions for generative AI have a metric, it has their name in Prometheus' form
// and their attributes as labels (open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-metrics.md, status
// Development, read 2026-11-21); gen_ai.provider.name and gen_ai.request.model are the names of the configuration, so
// that their number is bounded. To clients the gateway is a server (gen_ai.server.*), to providers a client.
//
// Any thread; takes no lock.
#pragma once

#include <memory>
#include <vector>

#include "observe/exposition.h"
#include "observe/series.h"

namespace aigw::observe {

using SeriesList = std::vector<std::shared_ptr<const ProviderSeries>>;

// What is zero is left out. Precondition: no two of the series have the same names.
void write_series(Exposition& out, const SeriesList& series);

}  // namespace aigw::observe
