#include "observe/trace_sampler.h"

#include <cstddef>
#include <cstdint>

namespace aigw::observe {
namespace {

// By the random part of the id, its last eight bytes (W3C Trace Context §3.2.2.3.1), as SDKs do it.
bool is_in_share(const TraceId& id, double share) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i < id.size(); ++i) number = number << 8 | id[i];
  constexpr double kHalf = 9223372036854775808.0;  // 2^63
  return static_cast<double>(number >> 1) < share * kHalf;
}

}  // namespace

bool samples(const TraceSampler& sampler, const TraceContext& context) {
  if (sampler.obeys_the_client && context.continued()) return context.sampled();
  switch (sampler.roots) {
    case TraceSampler::Roots::All: return true;
    case TraceSampler::Roots::None: return false;
    case TraceSampler::Roots::Share: break;
  }
  return sampler.share >= 1 || is_in_share(context.trace, sampler.share);
}

}  // namespace aigw::observe
