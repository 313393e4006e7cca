#include "protocol/limit_headers.h"

#include <doctest/doctest.h>

namespace aigw::protocol {
namespace {

// 2026-01-02T03:04:05Z
const WallTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + std::chrono::seconds(11'045)};

// One `name: value` a line.
std::string lines(const HeaderFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += name + ": " + value + "\n";
  return text;
}

std::string converted(Dialect client, const HeaderFields& provider, bool expose = true) {
  return lines(client_headers(client, provider, expose, kNow));
}

const HeaderFields kAnthropic = {{"anthropic-ratelimit-requests-limit", "50"},
                                 {"anthropic-ratelimit-requests-remaining", "49"},
                                 {"anthropic-ratelimit-requests-reset", "2026-01-02T03:10:05Z"},
                                 {"anthropic-ratelimit-tokens-limit", "90000"},
                                 {"anthropic-ratelimit-tokens-remaining", "89000"},
                                 {"anthropic-ratelimit-tokens-reset", "2026-01-02T03:04:05.120Z"}};

const HeaderFields kOpenAi = {{"X-RateLimit-Limit-Requests", "50"},     {"X-RateLimit-Remaining-Requests", "49"},
                              {"X-RateLimit-Reset-Requests", "6m0s"},   {"X-RateLimit-Limit-Tokens", "90000"},
                              {"X-RateLimit-Remaining-Tokens", "89000"}, {"X-RateLimit-Reset-Tokens", "120ms"}};

}  // namespace

TEST_SUITE("protocol/limit_headers") {

TEST_CASE("Anthropic's limits become OpenAI's: instants are durations from now") {
  const char* const want =
      "x-ratelimit-limit-requests: 50\nx-ratelimit-remaining-requests: 49\nx-ratelimit-reset-requests: 6m0s\n"
      "x-ratelimit-limit-tokens: 90000\nx-ratelimit-remaining-tokens: 89000\nx-ratelimit-reset-tokens: 120ms\n";
  for (const Dialect client : {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Embeddings}) {
    CHECK(converted(client, kAnthropic) == want);
    CHECK(converted(client, kOpenAi) == want);
  }
}

TEST_CASE("OpenAI's limits become Anthropic's: durations are instants, rounded up to the second") {
  const std::string start =
      "anthropic-ratelimit-requests-limit: 50\nanthropic-ratelimit-requests-remaining: 49\n"
      "anthropic-ratelimit-requests-reset: 2026-01-02T03:10:05Z\nanthropic-ratelimit-tokens-limit: 90000\n"
      "anthropic-ratelimit-tokens-remaining: 89000\n";
  CHECK(converted(Dialect::Messages, kOpenAi) == start + "anthropic-ratelimit-tokens-reset: 2026-01-02T03:04:06Z\n");
  CHECK(converted(Dialect::TokenCount, kAnthropic) ==
        start + "anthropic-ratelimit-tokens-reset: 2026-01-02T03:04:05.120Z\n");
}

TEST_CASE("one reset is read in every form, and left out where it can't be") {
  struct Row {
    const char* name;
    const char* value;
    const char* openai;     // "": left out
    const char* anthropic;
  };
  const char* const duration = "x-ratelimit-reset-tokens";
  const char* const instant = "anthropic-ratelimit-tokens-reset";
  for (const Row& row : {Row{duration, "30", "30s", "2026-01-02T03:04:35Z"},
                         Row{duration, "90", "90s", "2026-01-02T03:05:35Z"},
                         Row{duration, "0", "0s", "2026-01-02T03:04:05Z"},
                         Row{duration, "7.66s", "7.66s", "2026-01-02T03:04:13Z"},
                         Row{duration, "20h55m55s", "20h55m55s", "2026-01-03T00:00:00Z"},
                         Row{duration, "-1", "", ""},
                         Row{duration, "soon", "", ""},
                         Row{instant, "2026-01-02T03:04:06Z", "1s", "2026-01-02T03:04:06Z"},
                         Row{instant, "2026-01-02T04:05:06+01:00", "1m1s", "2026-01-02T04:05:06+01:00"},
                         Row{instant, "2026-01-02T03:04:06.5Z", "1.5s", "2026-01-02T03:04:06.5Z"},
                         Row{instant, "2026-01-02T03:00:00Z", "0s", "2026-01-02T03:00:00Z"},
                         Row{instant, "2026-01-02T03:04:06.Z", "", ""},
                         Row{instant, "tomorrow", "", ""}}) {
    CAPTURE(row.value);
    const auto line = [](const char* name, std::string value) {
      return value.empty() ? "" : std::string(name) + ": " + value + "\n";
    };
    CHECK(converted(Dialect::Chat, {{row.name, row.value}}) == line(duration, row.openai));
    CHECK(converted(Dialect::Messages, {{row.name, row.value}}) == line(instant, row.anthropic));
  }
}

TEST_CASE("limits that are negative or no numbers are left out") {
  for (const char* value : {"-1", "", "many", "1.5", "99999999999999999999"}) {
    CAPTURE(value);
    const HeaderFields provider = {{"x-ratelimit-limit-tokens", value}, {"x-ratelimit-remaining-tokens", "5"}};
    CHECK(converted(Dialect::Messages, provider) == "anthropic-ratelimit-tokens-remaining: 5\n");
    CHECK(converted(Dialect::Chat, provider) == "x-ratelimit-remaining-tokens: 5\n");
  }
}

TEST_CASE("of limits for input and output the scarcer one stands for tokens, unless those are given") {
  HeaderFields provider = {{"anthropic-ratelimit-input-tokens-limit", "1000"},
                           {"anthropic-ratelimit-input-tokens-remaining", "900"},
                           {"anthropic-ratelimit-input-tokens-reset", "2026-01-02T03:04:06Z"},
                           {"anthropic-ratelimit-output-tokens-limit", "500"},
                           {"anthropic-ratelimit-output-tokens-remaining", "100"},
                           {"anthropic-ratelimit-output-tokens-reset", "2026-01-02T03:04:07Z"}};
  CHECK(converted(Dialect::Chat, provider) ==
        "x-ratelimit-limit-tokens: 500\nx-ratelimit-remaining-tokens: 100\nx-ratelimit-reset-tokens: 2s\n");
  CHECK(converted(Dialect::Messages, provider) == lines(provider));
  provider[4].second = "950";
  CHECK(converted(Dialect::Chat, provider) ==
        "x-ratelimit-limit-tokens: 1000\nx-ratelimit-remaining-tokens: 900\nx-ratelimit-reset-tokens: 1s\n");
  provider.emplace_back("anthropic-ratelimit-tokens-remaining", "7");
  CHECK(converted(Dialect::Chat, provider) == "x-ratelimit-remaining-tokens: 7\n");
  CHECK(converted(Dialect::Chat, {{"anthropic-ratelimit-output-tokens-remaining", "3"}}) ==
        "x-ratelimit-remaining-tokens: 3\n");
}

TEST_CASE("limits are hidden unless they are to be exposed; nothing else of the provider passes") {
  HeaderFields provider = kAnthropic;
  provider.insert(provider.end(), {{"Retry-After", "12"},
                                   {"Retry-After-Ms", "11500"},
                                   {"X-Should-Retry", "true"},
                                   {"Content-Type", "text/html"},
                                   {"Openai-Processing-Ms", "5"},
                                   {"Set-Cookie", "a=b"}});
  CHECK(converted(Dialect::Chat, provider, false) ==
        "retry-after: 12\nretry-after-ms: 11500\nx-should-retry: true\n");
}

TEST_CASE("retry hints: seconds pass, dates become seconds, the rest is left out") {
  struct Row {
    const char* name;
    const char* value;
    const char* want;
  };
  for (const Row& row : {Row{"retry-after", "35", "retry-after: 35\n"},
                         Row{"Retry-After", " 0.5 ", "retry-after: 0.5\n"},
                         Row{"retry-after", "Fri, 02 Jan 2026 03:05:05 GMT", "retry-after: 60\n"},
                         Row{"retry-after", "Fri, 02 Jan 2026 03:00:00 GMT", "retry-after: 0\n"},
                         Row{"retry-after", "soon", ""},
                         Row{"retry-after", "-5", ""},
                         Row{"retry-after-ms", "34400", "retry-after-ms: 34400\n"},
                         Row{"retry-after-ms", "-1", ""},
                         Row{"x-should-retry", "false", "x-should-retry: false\n"}}) {
    CAPTURE(row.value);
    for (const Dialect client : {Dialect::Chat, Dialect::Messages}) {
      CHECK(converted(client, {{row.name, row.value}}, false) == row.want);
    }
  }
}

TEST_CASE("the provider's id of the request gets a name of its own") {
  for (const char* name : {"request-id", "x-request-id", "X-Request-ID"}) {
    CHECK(converted(Dialect::Messages, {{name, "req_1"}}, false) == "x-upstream-request-id: req_1\n");
  }
  CHECK(converted(Dialect::Chat, {{"x-request-id", "b"}, {"request-id", "a"}}) == "x-upstream-request-id: a\n");
}

TEST_CASE("the gateway's own limits are told in the client's dialect") {
  const OwnLimit requests{60, 12, Millis{1'500}};
  const WallTime now{std::chrono::seconds{1'000}};
  CHECK(limit_headers(Dialect::Chat, requests, std::nullopt, now) ==
        HeaderFields{{"x-ratelimit-limit-requests", "60"},
                     {"x-ratelimit-remaining-requests", "12"},
                     {"x-ratelimit-reset-requests", "1.5s"}});
  CHECK(limit_headers(Dialect::Messages, std::nullopt, OwnLimit{9, 0, Millis{0}}, now) ==
        HeaderFields{{"anthropic-ratelimit-tokens-limit", "9"},
                     {"anthropic-ratelimit-tokens-remaining", "0"},
                     {"anthropic-ratelimit-tokens-reset", "1970-01-01T00:16:40Z"}});
  CHECK(limit_headers(Dialect::Chat, std::nullopt, std::nullopt, now).empty());
}

TEST_CASE("of a field that comes twice the first counts") {
  CHECK(converted(Dialect::Chat, {{"retry-after", "1"}, {"Retry-After", "2"}}) == "retry-after: 1\n");
}

TEST_CASE("a wait from the body is added where the head tells none") {
  HeaderFields fields;
  add_retry_hint(fields, Millis(34'400));
  CHECK(lines(fields) == "retry-after: 35\nretry-after-ms: 34400\n");
  add_retry_hint(fields, Millis(1));
  CHECK(lines(fields) == "retry-after: 35\nretry-after-ms: 34400\n");
}

}  // TEST_SUITE

}  // namespace aigw::protocol
