#include "protocol/limit_headers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "base/header_time.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "protocol/endpoint.h"

namespace aigw::protocol {
namespace {

using std::chrono::seconds;

// What is limited. OpenAI has the first two.
enum Family { Requests, Tokens, InputTokens, OutputTokens, kFamilies };
constexpr std::array<std::string_view, kFamilies> kFamilyNames = {"requests", "tokens", "input-tokens",
                                                                  "output-tokens"};

// When a limit is as good as new: a duration from now in OpenAI's form, an instant in Anthropic's.
struct Reset {
  Millis wait{};          // from now; negative for an instant in the past
  std::string duration;   // as OpenAI writes it
  std::string instant;    // as Anthropic writes it
};

struct Limit {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> remaining;
  std::optional<Reset> reset;
  bool known() const { return limit || remaining || reset; }
};

using Limits = std::array<Limit, kFamilies>;

std::string_view find(const HeaderFields& fields, std::string_view name) {
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return iequals(f.first, name); });
  return field == fields.end() ? std::string_view() : trim(field->second);
}

std::string openai_name(Family family, std::string_view what) {
  return "x-ratelimit-" + std::string(what) + "-" + std::string(kFamilyNames[family]);
}

std::string anthropic_name(Family family, std::string_view what) {
  return "anthropic-ratelimit-" + std::string(kFamilyNames[family]) + "-" + std::string(what);
}

// RFC 3339 in UTC, rounded up to the second.
std::string format_instant(WallTime time) {
  const auto second = std::chrono::ceil<seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

// RFC 3339; of a fraction the milliseconds count.
std::optional<WallTime> parse_instant(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return parse_timestamp(text);
  const std::size_t end = text.find_first_not_of("0123456789", dot + 1);
  if (end == std::string_view::npos || end == dot + 1) return std::nullopt;
  const auto time = parse_timestamp(std::string(text.substr(0, dot)) + std::string(text.substr(end)));
  if (!time) return std::nullopt;
  const std::string digits = (std::string(text.substr(dot + 1, end - dot - 1)) + "00").substr(0, 3);
  return *time + Millis(static_cast<Millis::rep>(*parse_uint(digits)));
}

std::optional<Reset> reset_after(std::string_view text, WallTime now) {
  const std::optional<Millis> wait = parse_duration(text);
  if (!wait) return std::nullopt;
  const bool is_bare = text.find_first_not_of("0123456789.") == std::string_view::npos;  // Azure's seconds
  return Reset{*wait, std::string(text) + (is_bare ? "s" : ""), format_instant(now + *wait)};
}

std::optional<Reset> reset_at(std::string_view text, WallTime now) {
  const std::optional<WallTime> instant = parse_instant(text);
  if (!instant) return std::nullopt;
  const Millis wait = std::chrono::ceil<Millis>(*instant - now);
  return Reset{wait, format_duration(wait), std::string(text)};
}

Limits read_limits(const HeaderFields& provider, WallTime now) {
  Limits limits;
  for (const Family family : {Requests, Tokens, InputTokens, OutputTokens}) {
    Limit& limit = limits[family];
    limit.limit = parse_uint(find(provider, anthropic_name(family, "limit")));
    limit.remaining = parse_uint(find(provider, anthropic_name(family, "remaining")));
    limit.reset = reset_at(find(provider, anthropic_name(family, "reset")), now);
    if (limit.known() || family == InputTokens || family == OutputTokens) continue;
    limit.limit = parse_uint(find(provider, openai_name(family, "limit")));
    limit.remaining = parse_uint(find(provider, openai_name(family, "remaining")));
    limit.reset = reset_after(find(provider, openai_name(family, "reset")), now);
  }
  return limits;
}

// Where input and output are limited apart, the one of which less is left stands for both.
const Limit& scarcer(const Limit& input, const Limit& output) {
  if (!input.known() || !output.known()) return input.known() ? input : output;
  if (!input.remaining || !output.remaining) return input.remaining ? input : output;
  return *input.remaining <= *output.remaining ? input : output;
}

void add_limits(Dialect client, Limits limits, HeaderFields& fields) {
  const bool anthropic = is_anthropic(client);
  if (!anthropic) {
    if (!limits[Tokens].known()) limits[Tokens] = scarcer(limits[InputTokens], limits[OutputTokens]);
    limits[InputTokens] = limits[OutputTokens] = {};
  }
  for (const Family family : {Requests, Tokens, InputTokens, OutputTokens}) {
    const auto name = [&](std::string_view what) {
      return anthropic ? anthropic_name(family, what) : openai_name(family, what);
    };
    const Limit& limit = limits[family];
    if (limit.limit) fields.emplace_back(name("limit"), std::to_string(*limit.limit));
    if (limit.remaining) fields.emplace_back(name("remaining"), std::to_string(*limit.remaining));
    if (limit.reset) fields.emplace_back(name("reset"), anthropic ? limit.reset->instant : limit.reset->duration);
  }
}

void add_retry_hints(const HeaderFields& provider, WallTime now, HeaderFields& fields) {
  const std::string_view after = find(provider, "retry-after");
  if (parse_count(after, 1e3)) {
    fields.emplace_back("retry-after", after);
  } else if (const auto wait = parse_retry_after(after, now)) {
    fields.emplace_back("retry-after", std::to_string(std::chrono::ceil<seconds>(*wait).count()));
  }
  const std::string_view after_ms = find(provider, "retry-after-ms");
  if (parse_count(after_ms, 1)) fields.emplace_back("retry-after-ms", after_ms);
  const std::string_view should_retry = find(provider, "x-should-retry");
  if (!should_retry.empty()) fields.emplace_back("x-should-retry", should_retry);
}

}  // namespace

HeaderFields client_headers(Dialect client, const HeaderFields& provider, bool expose_limits, WallTime now) {
  HeaderFields fields;
  add_retry_hints(provider, now, fields);
  std::string_view id = find(provider, "request-id");
  if (id.empty()) id = find(provider, "x-request-id");
  if (!id.empty()) fields.emplace_back("x-upstream-request-id", id);
  if (expose_limits) add_limits(client, read_limits(provider, now), fields);
  return fields;
}

HeaderFields limit_headers(Dialect client, const std::optional<OwnLimit>& requests,
                           const std::optional<OwnLimit>& tokens, WallTime now) {
  Limits limits;
  const auto tell = [&](Family family, const std::optional<OwnLimit>& own) {
    if (!own) return;
    limits[family] = {static_cast<std::uint64_t>(own->limit), static_cast<std::uint64_t>(own->remaining),
                      Reset{own->reset, format_duration(own->reset), format_instant(now + own->reset)}};
  };
  tell(Requests, requests);
  tell(Tokens, tokens);
  HeaderFields fields;
  add_limits(client, limits, fields);
  return fields;
}

void add_retry_hint(HeaderFields& fields, Millis wait) {
  if (!find(fields, "retry-after").empty() || !find(fields, "retry-after-ms").empty()) return;
  wait = std::max(wait, Millis(0));
  fields.emplace_back("retry-after", std::to_string(std::chrono::ceil<seconds>(wait).count()));
  fields.emplace_back("retry-after-ms", std::to_string(wait.count()));
}

}  // namespace aigw::protocol
