#include "observe/story_steps.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace aigw::observe {
namespace {

using Outcome = Story::Attempt::Outcome;
using For = Story::Pause::For;

std::vector<std::string> lines_of(const Story& story) {
  std::vector<std::string> lines;
  for (const Step& step : steps_of(story)) {
    lines.push_back(std::to_string(step.at.count()) + " " + step.name + ": " + step.text);
  }
  return lines;
}

// The text of the only step with this name.
std::string text_of(const Story& story, const std::string& name) {
  std::string text = "(no such step)";
  int found = 0;
  for (const Step& step : steps_of(story)) {
    if (step.name != name) continue;
    text = step.text;
    ++found;
  }
  CHECK(found <= 1);
  return text;
}

Story::Attempt attempt(const std::string& provider, int began, int ended, Outcome outcome) {
  Story::Attempt made;
  made.provider = provider;
  made.began = Offset{began};
  made.ended = Offset{ended};
  made.outcome = outcome;
  return made;
}

Story failover() {
  Story story;
  story.client = "10.0.0.7";
  story.path = "/v1/chat/completions";
  story.key = "laptop";
  story.owner = "ada";
  story.authenticated_at = Offset{10};
  story.understood_at = Offset{20};
  story.bytes_in = 1;
  story.prompt_tokens_expected = 7;
  story.stream = true;
  story.model = "fast";
  story.route = "gpt-4o";
  story.routed_at = Offset{30};
  story.allowed_at = Offset{40};
  story.strategy = "weighted";
  story.choices.push_back({Offset{50}, "a", 1, "its turn", {{"c", "cooling down"}}, 2});
  Story::Attempt a = attempt("a", 60, 100, Outcome::Failed);
  a.server = "a.example:443";
  a.model = "gpt";
  a.head_at = Offset{90};
  a.status = 503;
  a.reason = "503 overloaded";
  story.attempts.push_back(a);
  story.pauses.push_back({For::Retry, Offset{100}, Offset{150}});
  Story::Attempt again = a;
  again.retry = true;
  again.began = Offset{150};
  again.head_at = std::nullopt;
  again.ended = Offset{160};
  again.reason.clear();
  story.attempts.push_back(again);
  story.choices.push_back({Offset{170}, "b", 2, "the only one", {}, 0});
  Story::Attempt b = attempt("b", 180, 900, Outcome::Answered);
  b.dialect = Dialect::Messages;
  b.converted = true;
  b.dropped = "logprobs,seed";
  b.status = 200;
  b.head_at = Offset{200};
  b.token_at = Offset{300};
  story.attempts.push_back(b);
  story.ended = Offset{950};
  story.status = 200;
  story.bytes_out = 2;
  story.answered = true;
  story.prompt_tokens = 1;
  story.completion_tokens = 5;
  return story;
}

}  // namespace

TEST_SUITE("observe/story_steps") {

TEST_CASE("a failover reads as one line a step, in the order of time") {
  const std::vector<std::string> want = {
      "0 arrived: /v1/chat/completions from 10.0.0.7",
      "10 authenticated: as the key 'laptop' of 'ada'",
      "20 understood: 1 byte, about 7 tokens of prompt, to be streamed",
      "30 routed: to 'gpt-4o', as 'fast'",
      "40 allowed: limits and budgets have room; providers are chosen by weighted",
      "50 chosen: 'a': its turn; not 'c': cooling down; nor 2 more",
      "60 asked: 'a' at a.example:443 for 'gpt'",
      "90 head: 'a' says 503",
      "100 attempt_ended: 'a' failed: 503 overloaded",
      "100 waited: before the next try",
      "150 asked: 'a' again at a.example:443 for 'gpt'",
      "160 attempt_ended: 'a' failed",
      "170 chosen: 'b': the only one",
      "180 asked: 'b', converted to " + std::string(to_string(Dialect::Messages)) + ", without logprobs,seed",
      "200 head: 'b' says 200",
      "300 first_token: the first content of 'b'",
      "900 attempt_ended: 'b' has answered",
      "950 ended: 200 to the client, 2 bytes, 1 token in and 5 out, 0 USD",
  };
  CHECK(lines_of(failover()) == want);
}

TEST_CASE("of steps at the same microsecond the cause comes first") {
  Story story = failover();
  for (Story::Choice& choice : story.choices) choice.at = Offset{100};
  for (Story::Attempt& one : story.attempts) one.began = one.ended = Offset{100};
  for (Story::Attempt& one : story.attempts) one.head_at = one.token_at = std::nullopt;
  story.attempts[2].began = story.attempts[2].ended = Offset{101};
  story.choices[1].at = Offset{101};
  story.attempts.erase(story.attempts.begin() + 1);
  story.pauses.clear();
  std::vector<std::string> names;
  for (const Step& step : steps_of(story)) names.emplace_back(step.name);
  const std::vector<std::string> want = {"arrived", "authenticated", "understood", "routed", "allowed",
                                         "chosen", "asked", "attempt_ended", "chosen", "asked", "attempt_ended", "ended"};
  CHECK(names == want);
}

TEST_CASE("whatever a story lacks, it arrived first and ended last, and time never goes back") {
  const Story whole = failover();
  for (int left_out = 0; left_out < 256; ++left_out) {
    CAPTURE(left_out);
    Story story = whole;
    if (left_out & 1) story.authenticated_at.reset();
    if (left_out & 2) story.understood_at.reset();
    if (left_out & 4) story.routed_at.reset();
    if (left_out & 8) story.allowed_at.reset();
    if (left_out & 16) story.attempts.clear();
    if (left_out & 32) story.pauses.clear();
    if (left_out & 64) story.choices.clear();
    if (left_out & 128) std::reverse(story.attempts.begin(), story.attempts.end());
    const std::vector<Step> steps = steps_of(story);
    CHECK(std::string(steps.front().name) == "arrived");
    CHECK(std::string(steps.back().name) == "ended");
    CHECK(std::is_sorted(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.at < b.at; }));
  }
}

TEST_CASE("a request that was refused at once has two steps") {
  Story story;
  story.path = "/v1/embeddings";
  story.client = "::1";
  story.ended = Offset{70};
  story.status = 401;
  story.bytes_out = 130;
  story.error = "no such key";
  CHECK(lines_of(story) == std::vector<std::string>{"0 arrived: /v1/embeddings from ::1",
                                                    "70 ended: 401 to the client, 130 bytes: no such key"});
}

TEST_CASE("who needs no key is without one") {
  Story story;
  story.authenticated_at = Offset{1};
  CHECK(text_of(story, "authenticated") == "without a key");
  story.key = "laptop";
  CHECK(text_of(story, "authenticated") == "as the key 'laptop'");
}

TEST_CASE("a model that was asked for by its own name is told once") {
  Story story;
  story.model = story.route = "gpt";
  story.routed_at = Offset{1};
  CHECK(text_of(story, "routed") == "to 'gpt'");
}

TEST_CASE("nobody left is a choice, too") {
  Story story;
  story.choices.push_back({Offset{5}, "", 0, "", {{"a", "disabled"}, {"b", "quota used up"}}, 0});
  CHECK(text_of(story, "chosen") == "nobody is left; not 'a': disabled; not 'b': quota used up");
}

TEST_CASE("each pause says what for") {
  struct Row {
    For reason;
    const char* want;
  };
  for (const Row& row : {Row{For::Body, "for the client to send its request"},
                         Row{For::Allowance, "for room under the caller's limits"},
                         Row{For::Room, "for room under a provider's limits"},
                         Row{For::Cooldown, "for the end of a cooldown, since nobody else is left"},
                         Row{For::Retry, "before the next try"}}) {
    Story story;
    story.pauses.push_back({row.reason, Offset{1}, Offset{2}});
    CHECK(text_of(story, "waited") == row.want);
  }
}

TEST_CASE("each outcome of an attempt has its words") {
  struct Row {
    Outcome outcome;
    const char* reason;
    const char* want;
  };
  for (const Row& row :
       {Row{Outcome::Answered, "", "'a' has answered"}, Row{Outcome::Failed, "", "'a' failed"},
        Row{Outcome::Failed, "timed out after 60 s", "'a' failed: timed out after 60 s"},
        Row{Outcome::Cut, "connection reset", "'a' broke off in the middle of its answer: connection reset"},
        Row{Outcome::ClientGone, "", "'a' was left, since the client has gone"},
        Row{Outcome::Rejected, "no images", "'a' can't be asked for it: no images"}}) {
    CAPTURE(row.want);
    Story story;
    story.attempts.push_back(attempt("a", 1, 2, row.outcome));
    story.attempts[0].reason = row.reason;
    CHECK(text_of(story, "attempt_ended") == row.want);
  }
}

TEST_CASE("the end tells tokens and cost, as far as they are known") {
  struct Row {
    const char* name;
    std::int64_t cached;
    bool estimated;
    bool priced;
    NanoDollars cost;
    const char* want;
  };
  for (const Row& row :
       {Row{"plain", 0, false, true, 0, "200 to the client, 9 bytes, 2 tokens in and 3 out, 0 USD"},
        Row{"with a cost", 0, false, true, 1'500'000, "200 to the client, 9 bytes, 2 tokens in and 3 out, 0.0015 USD"},
        Row{"cached", 2, false, true, 0, "200 to the client, 9 bytes, 2 tokens in and 3 out (2 cached), 0 USD"},
        Row{"estimated, of no price", 0, true, false, 0,
            "200 to the client, 9 bytes, 2 tokens in and 3 out, estimated, cost unknown"}}) {
    CAPTURE(row.name);
    Story story;
    story.status = 200;
    story.bytes_out = 9;
    story.answered = true;
    story.prompt_tokens = 2;
    story.completion_tokens = 3;
    story.cached_tokens = row.cached;
    story.estimated = row.estimated;
    story.priced = row.priced;
    story.cost = row.cost;
    CHECK(text_of(story, "ended") == row.want);
  }
}

}

}  // namespace aigw::observe
