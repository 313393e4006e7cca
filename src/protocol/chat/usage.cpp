#include "protocol/chat/usage.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

std::int64_t count_of(const Json& object, std::string_view name) {
  return std::max<std::int64_t>(0, integer_of(object, name).value_or(0));
}

}  // namespace

std::optional<canonical::Usage> read_usage(const Json& value) {
  if (!value.is_object()) return std::nullopt;
  const Json& prompt = members_of(value, "prompt_tokens_details");
  const bool details_tell = has_member(prompt, "cached_tokens");
  canonical::Usage usage;
  usage.prompt = count_of(value, "prompt_tokens");
  usage.cache_read = details_tell ? count_of(prompt, "cached_tokens") : count_of(value, "prompt_cache_hit_tokens");
  usage.cache_write = count_of(prompt, "cache_write_tokens");
  usage.output = count_of(value, "completion_tokens");
  usage.reasoning = count_of(members_of(value, "completion_tokens_details"), "reasoning_tokens");
  return usage;
}

Json write_usage(const canonical::Usage& usage) {
  return {{"prompt_tokens", usage.prompt},
          {"completion_tokens", usage.output},
          {"total_tokens", usage.total()},
          {"prompt_tokens_details", {{"cached_tokens", usage.cache_read}, {"cache_write_tokens", usage.cache_write}}},
          {"completion_tokens_details", {{"reasoning_tokens", usage.reasoning}}}};
}

}  // namespace aigw::protocol::chat
