#include "observe/series.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "observe/metrics.h"

namespace aigw::observe {
namespace {

using Attempt = Story::Attempt;
using Outcome = Attempt::Outcome;

Attempt attempt_at(const std::string& provider, int status, Outcome outcome, Offset began, Offset ended) {
  Attempt attempt;
  attempt.provider = provider;
  attempt.status = status;
  attempt.outcome = outcome;
  attempt.began = began;
  attempt.ended = ended;
  return attempt;
}

// A stream for which `a` failed twice and `b` answered: 100 tokens, 30 of them cached, 21 out.
Story failover() {
  Story story;
  story.dialect = Dialect::Messages;
  story.model = "asked";
  story.route = "m";
  story.stream = true;
  story.attempts = {attempt_at("a", 503, Outcome::Failed, Offset{1'000}, Offset{31'000}),
                    attempt_at("a", 0, Outcome::Failed, Offset{131'000}, Offset{141'000}),
                    attempt_at("b", 200, Outcome::Answered, Offset{141'500}, Offset{2'041'500})};
  story.attempts[1].retry = true;
  story.attempts[2].token_at = Offset{241'500};
  story.pauses = {{Story::Pause::For::Retry, Offset{31'000}, Offset{131'000}}};
  story.first_token_at = Offset{241'600};
  story.ended = Offset{2'041'600};
  story.provider = "b";
  story.status = 200;
  story.answered = true;
  story.prompt_tokens = 100;
  story.cached_tokens = 30;
  story.completion_tokens = 21;
  story.cost = 12'345;
  return story;
}

std::uint64_t total(const Histogram& histogram) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) sum += histogram.bucket(i);
  return sum;
}

std::uint64_t tried(const ProviderSeries& series, Outcome outcome, int status) {
  return series.attempts[static_cast<std::size_t>(outcome)].of(status);
}

const Histogram& of(const OperationSeries::ByEnding& histograms, Ending ending) {
  return histograms[static_cast<std::size_t>(ending)];
}

TEST_SUITE("observe/series") {
  TEST_CASE("a failover is counted at each provider for its part") {
    Metrics metrics;
    const auto route = metrics.route("m", {"a", "b"});
    const Story story = failover();
    count(story, *route);

    const ProviderSeries& a = route->of("a");
    CHECK(tried(a, Outcome::Failed, 503) == 1);
    CHECK(tried(a, Outcome::Failed, 0) == 1);
    CHECK(a.retries.of(503) == 1);
    CHECK(a.retries.sum() == 1);
    CHECK(a.switches.of(0) == 1);
    CHECK(a.switches.sum() == 1);
    CHECK(a.requests.sum() == 0);
    const OperationSeries* const calls = a.operation(Operation::Chat);
    REQUIRE(calls != nullptr);
    CHECK(total(of(calls->call_duration, Ending::ServerError)) == 2);
    CHECK(of(calls->call_duration, Ending::ServerError).sum() == 40 * kMilli);
    CHECK(total(calls->time_to_first_chunk) == 0);
    CHECK(a.sums().failed_attempts == 2);

    const ProviderSeries& b = route->of("b");
    CHECK(tried(b, Outcome::Answered, 200) == 1);
    CHECK(b.requests.of(200) == 1);
    CHECK(b.retries.sum() + b.switches.sum() + b.failures == 0);
    CHECK(b.cached_tokens == 30);
    CHECK(b.cost == 12'345);
    CHECK(b.overhead.sum() == 1'600'000);
    const OperationSeries* const times = b.operation(Operation::Chat);
    REQUIRE(times != nullptr);
    CHECK(of(times->request_duration, Ending::Success).sum() == 2'041'600'000);
    CHECK(of(times->call_duration, Ending::Success).sum() == 1'900 * kMilli);
    CHECK(times->time_to_first_token.sum() == 241'600'000);
    CHECK(times->time_to_first_chunk.sum() == 100 * kMilli);
    CHECK(times->time_per_output_token.sum() == 90 * kMilli);
    CHECK(times->prompt_tokens.sum() == 100);
    CHECK(times->completion_tokens.sum() == 21);

    const Sums sums = route->sums();
    CHECK(sums.requests == 1);
    CHECK(sums.attempts == 3);
    CHECK(sums.failures == 0);
    CHECK(sums.cost == 12'345);
  }

  TEST_CASE("what the status of an exchange is counted as") {
    struct Row {
      const char* name;
      int status;
      const char* error;
      Ending ending;
      std::uint64_t failures;
    };
    for (const Row& row : {Row{"answered", 200, "", Ending::Success, 0},
                           Row{"refused", 404, "x", Ending::ClientError, 0},
                           Row{"left", 499, "", Ending::ClientError, 0},
                           Row{"broke off", 502, "x", Ending::ServerError, 1},
                           Row{"failed in a stream", 200, "x", Ending::ServerError, 1},
                           Row{"nobody left", 504, "x", Ending::ServerError, 1}}) {
      CAPTURE(row.name);
      Metrics metrics;
      Story story;
      story.dialect = Dialect::Chat;
      story.status = row.status;
      story.error = row.error;
      story.ended = Offset{5};
      count(story, metrics.other());
      const ProviderSeries& none = metrics.other().of("");
      CHECK(none.requests.of(row.status) == 1);
      CHECK(none.failures == row.failures);
      for (const Ending ending : {Ending::Success, Ending::ClientError, Ending::ServerError}) {
        const Histogram& durations = of(none.operation(Operation::Chat)->request_duration, ending);
        CHECK(durations.sum() == (ending == row.ending ? 5'000 : 0));
      }
    }
  }

  TEST_CASE("what was not sent is no switch, and has no duration") {
    Metrics metrics;
    const auto route = metrics.route("m", {"a", "b"});
    Story story = failover();
    story.attempts.erase(story.attempts.begin() + 1);
    story.attempts[0].outcome = Outcome::Rejected;
    count(story, *route);
    CHECK(tried(route->of("a"), Outcome::Rejected, 503) == 1);
    CHECK(route->of("a").switches.sum() == 0);
    CHECK(route->of("a").operation(Operation::Chat) == nullptr);
  }

  TEST_CASE("a client that left says nothing about how long a provider takes") {
    Metrics metrics;
    const auto route = metrics.route("m", {"b"});
    Story story = failover();
    story.attempts = {attempt_at("b", 200, Outcome::ClientGone, Offset{1}, Offset{2})};
    story.status = 499;
    count(story, *route);
    const OperationSeries* const times = route->of("b").operation(Operation::Chat);
    REQUIRE(times != nullptr);
    for (const Histogram& each : times->call_duration) CHECK(total(each) == 0);
    CHECK(total(of(times->request_duration, Ending::ClientError)) == 1);
    CHECK(total(times->time_to_first_token) == 0);
  }

  TEST_CASE("times of tokens are those of streams alone") {
    Metrics metrics;
    const auto route = metrics.route("m", {"a", "b"});
    Story whole = failover();
    whole.stream = false;
    count(whole, *route);
    Story one_token = failover();
    one_token.completion_tokens = 1;
    count(one_token, *route);
    const OperationSeries* const times = route->of("b").operation(Operation::Chat);
    REQUIRE(times != nullptr);
    CHECK(total(times->time_to_first_token) == 1);
    CHECK(total(times->time_to_first_chunk) == 1);
    CHECK(total(times->time_per_output_token) == 0);
    CHECK(total(of(times->request_duration, Ending::Success)) == 2);
  }

  TEST_CASE("an answer without a price is counted as such") {
    Metrics metrics;
    const auto route = metrics.route("m", {"a", "b"});
    Story story = failover();
    story.priced = false;
    count(story, *route);
    CHECK(route->of("b").unpriced == 1);
  }

  TEST_CASE("statuses that nobody knows share a count") {
    StatusCounts counts;
    for (const int status : {200, 299, 418, -1, 600, 1'000'000, 0}) counts.add(status);
    CHECK(counts.of(200) == 1);
    CHECK(counts.of(0) == 1);
    CHECK(counts.of(777) == 5);
    CHECK(counts.sum() == 7);
    for (std::size_t i = 0; i < StatusCounts::kKnown.size(); ++i) {
      CHECK(StatusCounts::label(i) == std::to_string(StatusCounts::kKnown[i]));
    }
  }

  TEST_CASE("nothing is lost where threads count at once") {
    Metrics metrics;
    const auto route = metrics.route("m", {"a", "b"});
    const Story story = failover();
    constexpr int kThreads = 4;
    constexpr int kTimes = 2'000;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < kTimes; ++k) count(story, *route);
      });
    }
    for (std::thread& thread : threads) thread.join();
    const Sums sums = route->sums();
    CHECK(sums.requests == kThreads * kTimes);
    CHECK(sums.attempts == 3 * kThreads * kTimes);
    CHECK(sums.prompt_tokens == 100 * kThreads * kTimes);
    CHECK(total(of(route->of("b").operation(Operation::Chat)->call_duration, Ending::Success)) == kThreads * kTimes);
  }
}

}  // namespace
}  // namespace aigw::observe
