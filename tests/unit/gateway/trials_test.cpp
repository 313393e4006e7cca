#include "gateway/trials.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::gateway {
namespace {

using Why = Unavailable::Why;

// A provider that has nothing but its name.
struct Named {
  config::Provider config;
  Backend backend;

  explicit Named(const std::string& name) : backend{&config, {}, nullptr, nullptr, nullptr, nullptr, {}} { config.name = name; }
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;
};

const Named kOne("one");
const Named kTwo("two");

Trial answered(const Named& provider, int status, const std::string& reason, int tries,
               std::optional<Millis> hint = std::nullopt) {
  AttemptResult result;
  result.failure = {status, ErrorKind::Garbled, reason, ""};
  result.wait_hint = hint;
  return Trial::failed(provider.backend, result, tries);
}

Trial broke(const Named& provider, ErrorKind kind, const std::string& reason, int tries) {
  AttemptResult result;
  result.failure = {0, kind, reason, ""};
  return Trial::failed(provider.backend, result, tries);
}

Trial skipped(const Named& provider, Why why, const std::string& reason, std::optional<Millis> free_in = std::nullopt) {
  return Trial::skipped(provider.backend, {why, reason, free_in});
}

}  // namespace

TEST_SUITE("gateway/trials") {

TEST_CASE("the verdict over all providers, with what each of them said") {
  struct Row {
    std::string name;
    std::vector<Trial> trials;
    int status;
    std::string code;
    std::string message;
    std::optional<Millis> retry_after;
  };
  const Trial limited = answered(kOne, 429, "429 rate_limit_exceeded", 1);
  const Trial limited_shortly = answered(kTwo, 429, "429 Too Many Requests", 1, Millis{5'000});
  const Trial unpaid = answered(kTwo, 402, "402 insufficient_quota", 1);
  const Trial no_quota = skipped(kTwo, Why::Quota, "quota used up", Millis{20'000});
  const Trial cooling = skipped(kTwo, Why::RateLimited, "cooling down after 429", Millis{7'000});
  const Trial slow = broke(kOne, ErrorKind::TimedOut, "timed out after 60 s", 2);
  const Trial slow_too = broke(kTwo, ErrorKind::TimedOut, "no first token within 5 s", 1);
  const Trial overloaded = answered(kOne, 503, "503 overloaded", 4);
  const Trial timeout_status = answered(kTwo, 504, "504 Gateway Timeout", 1);
  const Trial off = skipped(kTwo, Why::Disabled, "disabled in the configuration");
  const Trial unfinished = skipped(kTwo, Why::NotConfigured, "environment variable KEY is not set");
  const Trial small = skipped(kOne, Why::PromptTooLong, "too long");
  const Trial small_too = skipped(kTwo, Why::PromptTooLong, "longer still");
  const Trial unsayable = Trial::rejected(kTwo.backend, {"n", "n can't be 3 there"});
  const Trial formless = skipped(kOne, Why::NoSuchForm, "it has no embeddings");
  const Trial bad_key = skipped(kTwo, Why::KeyRefused, "cooling down after 401", Millis{60'000});

  const Row rows[] = {
      {"one failed", {overloaded}, 502, "no_provider",
       "No provider of model 'm' could answer: one: 503 overloaded (4 tries).", {}},
      {"different failures", {overloaded, slow_too}, 502, "no_provider",
       "No provider of model 'm' could answer: one: 503 overloaded (4 tries); two: no first token within 5 s.", {}},
      {"all limited", {limited, limited_shortly}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded; two: 429 Too Many "
       "Requests.",
       Millis{5'000}},
      {"limited without a hint", {limited}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded.", Millis{30'000}},
      {"limited and unpaid", {limited, unpaid}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded; two: 402 "
       "insufficient_quota.",
       Millis{30'000}},
      {"limited and out of quota", {limited, no_quota}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded; two: quota used up "
       "(skipped).",
       Millis{20'000}},
      {"all skipped as limited", {cooling}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: two: cooling down after 429 (skipped).",
       Millis{7'000}},
      {"limited, another disabled", {limited, off}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded; two: disabled in the "
       "configuration (skipped).",
       Millis{30'000}},
      {"limited, another failed", {overloaded, cooling}, 502, "no_provider",
       "No provider of model 'm' could answer: one: 503 overloaded (4 tries); two: cooling down after 429 (skipped).", {}},
      {"limited, another's key refused", {limited, bad_key}, 502, "no_provider",
       "No provider of model 'm' could answer: one: 429 rate_limit_exceeded; two: cooling down after 401 (skipped).", {}},
      {"all timed out", {slow, slow_too}, 504, "timeout",
       "No provider of model 'm' answered in time: one: timed out after 60 s (2 tries); two: no first token within 5 s.",
       {}},
      {"timed out, another disabled", {slow, off}, 504, "timeout",
       "No provider of model 'm' answered in time: one: timed out after 60 s (2 tries); two: disabled in the configuration "
       "(skipped).",
       {}},
      {"a 504 is the provider's own answer", {slow, timeout_status}, 502, "no_provider",
       "No provider of model 'm' could answer: one: timed out after 60 s (2 tries); two: 504 Gateway Timeout.", {}},
      {"prompt too long for all", {small, small_too}, 400, "context_length_exceeded",
       "The prompt is too long for every provider of model 'm': one: too long (skipped); two: longer still (skipped).", {}},
      {"prompt too long for one", {overloaded, small_too}, 502, "no_provider",
       "No provider of model 'm' could answer: one: 503 overloaded (4 tries); two: longer still (skipped).", {}},
      {"can't be said", {unsayable}, 400, "", "n can't be 3 there", {}},
      {"can't be said to any", {formless, unsayable}, 400, "",
       "No provider of model 'm' can take this request: one: it has no embeddings (skipped); two: n can't be 3 there "
       "(skipped).",
       {}},
      {"can't be said to one, another limited", {limited, unsayable}, 429, "rate_limit_exceeded",
       "Every provider of model 'm' is rate-limited or out of quota: one: 429 rate_limit_exceeded; two: n can't be 3 there "
       "(skipped).",
       Millis{30'000}},
      {"nobody usable", {unfinished}, 502, "no_provider",
       "No provider of model 'm' can be used: two: environment variable KEY is not set (skipped).", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Refusal refusal = nobody_left("m", row.trials);
    CHECK(refusal.status == row.status);
    CHECK(refusal.error.code == row.code);
    CHECK(refusal.error.message == row.message);
    CHECK(refusal.retry_after == row.retry_after);
  }
}

TEST_CASE("a refused key is told as such where the operator wants it, if nobody was asked after it") {
  const Trial refused = answered(kOne, 401, "401 invalid_api_key", 1);
  const Trial forbidden = answered(kOne, 403, "403 Forbidden", 1);
  const Trial failed = answered(kTwo, 503, "503 overloaded", 1);
  const Trial off = skipped(kTwo, Why::Disabled, "disabled");
  CHECK(nobody_left("m", {refused}, true).status == 401);
  CHECK(nobody_left("m", {refused}, false).status == 502);
  CHECK(nobody_left("m", {failed, forbidden, off}, true).status == 403);
  CHECK(nobody_left("m", {refused, failed}, true).status == 502);
}

TEST_CASE("a prompt that is too long is the messages' fault") {
  CHECK(nobody_left("m", {skipped(kOne, Why::PromptTooLong, "too long")}).error.param == "messages");
}

}  // TEST_SUITE

}  // namespace aigw::gateway
