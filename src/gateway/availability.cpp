#include "gateway/availability.h"

#include <algorithm>

#include "base/money.h"
#include "base/text.h"
#include "gateway/vendor.h"

namespace aigw::gateway {
namespace {

using Why = Unavailable::Why;

Unavailable cooling(const Backend& backend, SteadyTime until, SteadyTime now) {
  const std::string after = backend.state->cooldown_reason();
  const bool key_refused = starts_with(after, "401") || starts_with(after, "403");
  return {key_refused ? Why::KeyRefused : Why::RateLimited, "cooling down after " + after,
          std::chrono::ceil<Millis>(until - now)};
}

// `5 of 5 requests`, or "" if that limit is not reached.
std::string reached(std::int64_t used, std::optional<std::int64_t> limit, const char* what) {
  if (!limit || used < *limit) return "";
  return std::to_string(used) + " of " + std::to_string(*limit) + " " + what;
}

std::string reached_cost(const usage::WindowState& window) {
  if (!window.limit_cost || window.used.cost < *window.limit_cost) return "";
  return format_dollars(window.used.cost) + " of " + format_dollars(*window.limit_cost) + " USD";
}

std::string quota_reason(const Backend& backend, WallTime now) {
  if (const std::string own = why_full(backend.meter->state(now)); !own.empty()) return "quota used up: " + own;
  const auto account = backend.meter->account_state(now);
  const std::string shared = account ? why_full(*account) : "";
  if (shared.empty()) return "what is left of its quota is held by requests in flight";
  return "quota of account " + backend.config->account + " used up: " + shared;
}

Unavailable out_of_quota(const Backend& backend, WallTime until, WallTime now) {
  Unavailable why{Why::Quota, quota_reason(backend, now), {}};
  if (until != WallTime::max()) why.free_in = std::max(Millis::zero(), std::chrono::ceil<Millis>(until - now));
  return why;
}

Unavailable busy(const usage::Shortage& shortage) {
  const std::string whose = shortage.title.empty() ? "its limit" : "the limit of " + shortage.title;
  return {Why::Busy, whose + " is reached: " + describe(*shortage.rate), shortage.rate->free_in, shortage.rate};
}

// Why it can't be asked for what this endpoint does; "" if it can.
std::string missing_form(const Asked& asked, const config::Provider& provider) {
  const Dialect dialect = asked.dialect();
  if (!dialect_towards(provider, dialect)) {
    return dialect == Dialect::Embeddings ? "it has no embeddings" : "it has no such endpoint";
  }
  // The two sides of streaming that the gateway can make up for exist for generated text only.
  if (protocol::generates_text(dialect) || !asked.endpoint->streams) return "";
  if (asked.streams()) return provider.stream_support ? "" : "it can't stream here";
  return provider.non_stream_support ? "" : "it can only stream here";
}

}  // namespace

std::optional<Unavailable> unavailable(const Backend& backend, Now now, const usage::Places& places) {
  const config::Provider& provider = *backend.config;
  if (!provider.enabled) return Unavailable{Why::Disabled, "disabled in the configuration (\"enabled\": false)", {}};
  if (!provider.unavailable_reason.empty()) return Unavailable{Why::NotConfigured, provider.unavailable_reason, {}};
  if (const auto until = backend.state->cooling_until(now.steady)) return cooling(backend, *until, now.steady);
  // First what lasts: nobody should wait in a line for a provider whose quota is used up.
  if (const auto until = backend.meter->full_until(now.wall)) return out_of_quota(backend, *until, now.wall);
  if (const auto shortage = backend.meter->rate_shortage(now.steady, places)) return busy(*shortage);
  return std::nullopt;
}

// What lasts longer, or needs somebody to do something, before the rest.
const char* state_word(const Backend& backend, const std::optional<Unavailable>& why) {
  if (why && why->why == Why::Disabled) return "disabled";
  if (why && why->why == Why::NotConfigured) return "unusable";
  if (why && why->why == Why::Quota) return "exhausted";
  if (backend.state->is_down()) return "down";
  if (!why) return "healthy";
  return why->cooling() ? "cooling" : "limited";
}

std::optional<Unavailable> unavailable_for(const Asked& asked, const Backend& backend, Now now,
                                           const usage::Places& places) {
  const config::Provider& provider = *backend.config;
  if (backend.usable() && provider.max_context_length && asked.prompt_tokens > *provider.max_context_length) {
    return Unavailable{Why::PromptTooLong,
                       "the prompt has about " + std::to_string(asked.prompt_tokens) + " tokens, more than its " +
                           std::to_string(*provider.max_context_length),
                       {}};
  }
  if (const std::string missing = backend.usable() ? missing_form(asked, provider) : ""; !missing.empty()) {
    return Unavailable{Why::NoSuchForm, missing, {}};
  }
  if (backend.usable() && asked.needs_price && !backend.price(asked.model).price) {
    return Unavailable{Why::NoPrice, "it has no price, and the key's budget is in money: give it a \"price\"", {}};
  }
  return unavailable(backend, now, places);
}

std::string why_full(const usage::CounterState& state) {
  for (const usage::WindowState& window : state.windows) {
    std::string what = reached(window.used.requests, window.limit_requests, "requests");
    if (what.empty()) what = reached(window.used.tokens(), window.limit_tokens, "tokens");
    if (what.empty()) what = reached_cost(window);
    if (!what.empty()) return what + " (period " + window.period + ")";
  }
  return "";
}

std::string describe(const usage::RateShortage& shortage) {
  using What = usage::RateShortage::What;
  const std::string limit = std::to_string(shortage.limit);
  const char* const s = shortage.limit == 1 ? "" : "s";
  switch (shortage.what) {
    case What::Requests: return limit + " request" + s + " per minute";
    case What::Tokens: return limit + " token" + s + " per minute";
    case What::Concurrency: break;
  }
  return limit + " request" + s + " at once";
}

std::string wait_text(Millis wait) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string((seconds + 59) / 60) + " min";
  return std::to_string((seconds + 3599) / 3600) + " h";
}

}  // namespace aigw::gateway
