#include "protocol/responses/usage.h"

#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol::responses {

Json usage_object(const canonical::Usage& usage) {
  return {{"input_tokens", usage.prompt},
          {"input_tokens_details", {{"cached_tokens", usage.cache_read}, {"cache_write_tokens", usage.cache_write}}},
          {"output_tokens", usage.output},
          {"output_tokens_details", {{"reasoning_tokens", usage.reasoning}}},
          {"total_tokens", usage.total()}};
}

std::optional<canonical::Usage> usage_of(const Json& response) {
  const Json* const counts = find_member(response, "usage");
  if (counts == nullptr || !counts->is_object()) return std::nullopt;
  const Json& input = members_of(*counts, "input_tokens_details");
  canonical::Usage usage;
  usage.prompt = integer_of(*counts, "input_tokens").value_or(0);
  usage.cache_read = integer_of(input, "cached_tokens").value_or(0);
  usage.cache_write = integer_of(input, "cache_write_tokens").value_or(0);
  usage.output = integer_of(*counts, "output_tokens").value_or(0);
  usage.reasoning = integer_of(members_of(*counts, "output_tokens_details"), "reasoning_tokens").value_or(0);
  return usage;
}

}  // namespace aigw::protocol::responses
