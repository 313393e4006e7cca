#include "gateway/billing.h"

#include <algorithm>
#include <limits>

#include "protocol/endpoint.h"
#include "protocol/facts.h"

namespace aigw::gateway {
namespace {

constexpr std::int64_t kPricedTokensMax = 1'000'000'000;  // as config/prices.h has it
constexpr std::int64_t kUnknownAnswerTokens = 1'000;

config::PricedTokens within_range(config::PricedTokens tokens) {
  const auto clamp = [](std::int64_t count, std::int64_t max) { return std::clamp<std::int64_t>(count, 0, max); };
  tokens.prompt = clamp(tokens.prompt, kPricedTokensMax);
  tokens.completion = clamp(tokens.completion, kPricedTokensMax);
  tokens.cached = clamp(tokens.cached, tokens.prompt);
  tokens.cache_write = clamp(tokens.cache_write, tokens.prompt - tokens.cached);
  return tokens;
}

}  // namespace

Bill bill_of(const config::FoundPrice& price, const config::Price* own, const config::Owner* owner,
             const config::PricedTokens& tokens) {
  const config::PricedTokens counted = within_range(tokens);
  Bill bill;
  bill.priced = price.price.has_value();
  bill.charged = bill.priced || own != nullptr;
  if (price.price) bill.cost = config::cost_of(*price.price, counted);
  bill.charge = own != nullptr ? config::cost_of(*own, counted) : config::with_markup(owner, bill.cost);
  return bill;
}

const config::Price* own_price(const config::Owner* owner, std::string_view asked, const LiveRoute& route) {
  if (owner == nullptr) return nullptr;
  const config::Price* const price = owner->prices.find(asked);
  return price != nullptr ? price : owner->prices.find(route.config->model);
}

config::PricedTokens use_of(const Asked& asked, const Progress& progress) {
  if (!progress.usage) return {asked.prompt_tokens, 0, 0, protocol::estimate_tokens(progress.text_bytes)};
  const protocol::TokenCount& said = *progress.usage;
  // What a stream says before its end is no sum yet: Messages begins with a single token of the answer.
  const std::int64_t seen = progress.complete ? 0 : protocol::estimate_tokens(progress.text_bytes);
  return {said.prompt, said.cache_read, said.cache_write, std::max(said.completion, seen)};
}

usage::Used used_for(const config::PricedTokens& tokens, const Bill& bill) {
  usage::Used used;
  used.prompt_tokens = tokens.prompt;
  used.completion_tokens = tokens.completion;
  used.cached_tokens = tokens.cached;
  used.cost = bill.cost;
  used.charge = bill.charge;
  used.priced = bill.priced;
  return used;
}

config::PricedTokens expected_use(const Asked& asked, std::int64_t average_completion_tokens) {
  config::PricedTokens tokens;
  tokens.prompt = asked.prompt_tokens;
  if (!protocol::generates_text(asked.endpoint->dialect)) return tokens;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const protocol::Envelope& envelope = asked.envelope;
  tokens.completion = average_completion_tokens;
  if (envelope.max_tokens.value_or(-1) >= 0) {
    const std::int64_t each = *envelope.max_tokens;
    tokens.completion = each > kMost / envelope.choices ? kMost : each * envelope.choices;
  }
  return tokens;
}

std::int64_t total_tokens(const config::PricedTokens& tokens) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return tokens.completion > kMost - tokens.prompt ? kMost : tokens.prompt + tokens.completion;
}

Bill expected_bill(const Asked& asked, const LiveRoute& route, const Backend& backend, const config::Owner* owner,
                   const config::PricedTokens& expected) {
  config::PricedTokens tokens = expected;
  const bool is_limited = asked.envelope.max_tokens.value_or(-1) >= 0;
  const bool writes = protocol::generates_text(asked.endpoint->dialect);
  if (tokens.completion == 0 && writes && !is_limited) tokens.completion = kUnknownAnswerTokens;
  return bill_of(backend.price(asked.model), own_price(owner, asked.model, route), owner, tokens);
}

}  // namespace aigw::gateway
