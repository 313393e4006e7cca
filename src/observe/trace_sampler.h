// Which traces are exported, as OTEL_TRACES_SAMPLER has it (OpenTelemetry specification, "Trace SDK", Sampling).
//
// A plain value and a pure function.
#pragma once

#include "observe/trace_context.h"

namespace aigw::observe {

struct TraceSampler {
  enum class Roots { All, None, Share };  // of the traces that begin here
  Roots roots = Roots::All;
  double share = 1;              // 0..1, for Roots::Share; of one trace all who take the same share decide the same
  bool obeys_the_client = true;  // its `sampled` decides; false: every trace is judged as if it began here
};

// Whether the exchange's spans are exported. Says the same when `context.flags` were set by what it said before.
bool samples(const TraceSampler& sampler, const TraceContext& context);

}  // namespace aigw::observe
