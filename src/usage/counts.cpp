#include "usage/counts.h"

namespace aigw::usage {

void Counts::add(const Used& used) {
  ++requests;
  prompt_tokens += used.prompt_tokens;
  completion_tokens += used.completion_tokens;
  if (used.estimated) estimated_tokens += used.tokens();
  if (used.error) ++errors;
}

Counts& Counts::operator+=(const Counts& other) {
  requests += other.requests;
  prompt_tokens += other.prompt_tokens;
  completion_tokens += other.completion_tokens;
  estimated_tokens += other.estimated_tokens;
  errors += other.errors;
  return *this;
}

}  // namespace aigw::usage
