#include "protocol/messages/usage.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

// Far more than any answer has, far less than what a sum of three could not hold.
constexpr std::int64_t kCountMax = 1'000'000'000'000'000;

std::int64_t in_range(std::int64_t count) { return std::clamp(count, std::int64_t{0}, kCountMax); }

// Replaces `count` if the member is there; null equals absence.
template <typename Count>
void replace(Count& count, const Json& object, std::string_view name) {
  if (const std::optional<std::int64_t> value = integer_of(object, name)) count = in_range(*value);
}

}  // namespace

void UsageCounts::note(const Json& usage) {
  if (!usage.is_object() || usage.empty()) return;
  noted_ = true;
  replace(input_, usage, "input_tokens");
  replace(cache_read_, usage, "cache_read_input_tokens");
  replace(cache_write_, usage, "cache_creation_input_tokens");
  const Json& lifetimes = members_of(usage, "cache_creation");
  replace(cache_write_5m_, lifetimes, "ephemeral_5m_input_tokens");
  replace(cache_write_1h_, lifetimes, "ephemeral_1h_input_tokens");
  replace(output_, usage, "output_tokens");
  replace(thinking_, members_of(usage, "output_tokens_details"), "thinking_tokens");
}

std::optional<canonical::Usage> UsageCounts::total() const {
  if (!noted_) return std::nullopt;
  canonical::Usage usage;
  usage.cache_read = cache_read_;
  usage.cache_write = cache_write_.value_or(cache_write_5m_.value_or(0) + cache_write_1h_.value_or(0));
  usage.prompt = input_ + usage.cache_read + usage.cache_write;
  usage.output = output_;
  usage.reasoning = thinking_;
  usage.cache_write_5m = cache_write_5m_;
  usage.cache_write_1h = cache_write_1h_;
  return usage;
}

Json usage_object(const canonical::Usage& usage) {
  const std::int64_t read = in_range(usage.cache_read);
  const std::int64_t write = in_range(usage.cache_write);
  Json object = {{"input_tokens", in_range(in_range(usage.prompt) - read - write)},
                 {"cache_creation_input_tokens", write},
                 {"cache_read_input_tokens", read}};
  if (usage.cache_write_5m || usage.cache_write_1h) {
    object["cache_creation"] = {{"ephemeral_5m_input_tokens", in_range(usage.cache_write_5m.value_or(0))},
                                {"ephemeral_1h_input_tokens", in_range(usage.cache_write_1h.value_or(0))}};
  }
  object["output_tokens"] = in_range(usage.output);
  return object;
}

}  // namespace aigw::protocol::messages
