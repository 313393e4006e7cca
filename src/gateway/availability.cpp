#include "gateway/availability.h"

#include <algorithm>

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

// The first window that is used up, in words; "" if none is.
std::string used_up(const usage::CounterState& state) {
  for (const usage::WindowState& window : state.windows) {
    std::string what = reached(window.used.requests, window.limit_requests, "requests");
    if (what.empty()) what = reached(window.used.tokens(), window.limit_tokens, "tokens");
    if (!what.empty()) return what + " (period " + window.period + ")";
  }
  return "";
}

std::string quota_reason(const Backend& backend, WallTime now) {
  if (const std::string own = used_up(backend.meter->state(now)); !own.empty()) return "quota used up: " + own;
  const auto account = backend.meter->account_state(now);
  const std::string shared = account ? used_up(*account) : "";
  if (shared.empty()) return "what is left of its quota is held by requests in flight";
  return "quota of account " + backend.config->account + " used up: " + shared;
}

Unavailable out_of_quota(const Backend& backend, WallTime until, WallTime now) {
  return {Why::Quota, quota_reason(backend, now), std::max(Millis::zero(), std::chrono::ceil<Millis>(until - now))};
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

std::optional<Unavailable> unavailable(const Backend& backend, WallTime wall, SteadyTime steady) {
  const config::Provider& provider = *backend.config;
  if (!provider.enabled) return Unavailable{Why::Disabled, "disabled in the configuration (\"enabled\": false)", {}};
  if (!provider.unavailable_reason.empty()) return Unavailable{Why::NotConfigured, provider.unavailable_reason, {}};
  if (const auto until = backend.state->cooling_until(steady)) return cooling(backend, *until, steady);
  if (const auto until = backend.meter->full_until(wall)) return out_of_quota(backend, *until, wall);
  return std::nullopt;
}

std::optional<Unavailable> unavailable_for(const Asked& asked, const Backend& backend, WallTime wall,
                                           SteadyTime steady) {
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
  return unavailable(backend, wall, steady);
}

}  // namespace aigw::gateway
