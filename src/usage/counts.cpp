#include "usage/counts.h"

namespace aigw::usage {

void Counts::add(const Used& used) {
  ++requests;
  prompt_tokens += used.prompt_tokens;
  completion_tokens += used.completion_tokens;
  cached_tokens += used.cached_tokens;
  cost += used.cost;
  if (!used.priced) ++unpriced_requests;
  if (used.estimated) estimated_tokens += used.tokens();
  if (used.error) ++errors;
}

Counts& Counts::operator+=(const Counts& other) {
  requests += other.requests;
  prompt_tokens += other.prompt_tokens;
  completion_tokens += other.completion_tokens;
  cached_tokens += other.cached_tokens;
  estimated_tokens += other.estimated_tokens;
  errors += other.errors;
  cost += other.cost;
  unpriced_requests += other.unpriced_requests;
  return *this;
}

}  // namespace aigw::usage
