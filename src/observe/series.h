// What is counted of exchanges: for each provider of each model what it was asked and what became of it. The metrics of
// /metrics and the sums of /admin/overview are made of it.
//
// Threads: any. Counting is wait-free, relaxed additions throughout; who reads meanwhile may see a part of an exchange.
// Two threads that count into the same series at full speed take 0.4 µs an exchange instead of 0.2 (two cores,
// November 2026): copies for each thread would not be noticed beside the exchange itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/dialect.h"
#include "base/money.h"
#include "observe/histogram.h"
#include "observe/status_counts.h"
#include "observe/story.h"

namespace aigw::observe {

// gen_ai.operation.name of the semantic conventions; the last two are our own.
enum class Operation { Chat, TextCompletion, Embeddings, CountTokens, Other };
inline constexpr std::size_t kOperations = 5;
Operation operation_of(Dialect client);
const char* to_string(Operation operation);  // `chat`, `text_completion`, …

// error.type: nothing, or the class of the status. No answer, and one that broke off, are a 5xx.
enum class Ending { Success, ClientError, ServerError };
inline constexpr std::size_t kEndings = 3;
const char* to_string(Ending ending);  // ``, `4xx`, `5xx`

// Times in nanoseconds, by operation.
struct OperationSeries {
  using ByEnding = std::array<Histogram, kEndings>;
  // As clients see the gateway: exchanges.
  ByEnding request_duration{Histogram(kDurationBounds), Histogram(kDurationBounds), Histogram(kDurationBounds)};
  Histogram time_to_first_token{kFirstTokenBounds};     // streams that were answered
  Histogram time_per_output_token{kOutputTokenBounds};  // likewise, with two tokens or more
  // As the gateway sees a provider: attempts, without those whose client left and those that were not sent.
  ByEnding call_duration{Histogram(kDurationBounds), Histogram(kDurationBounds), Histogram(kDurationBounds)};
  Histogram time_to_first_chunk{kDurationBounds};       // of streams
  Histogram prompt_tokens{kTokenBounds};                // of answers
  Histogram completion_tokens{kTokenBounds};
};

struct Sums {
  std::uint64_t requests = 0;         // exchanges that ended with it
  std::uint64_t failures = 0;         // the part of them for which Story::failed()
  std::uint64_t attempts = 0;
  std::uint64_t failed_attempts = 0;  // the part of them that failed or broke off
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;
  NanoDollars cost = 0;
  Sums& operator+=(const Sums& more);
};

// One provider of one model; or `none`, what nobody was asked for.
class ProviderSeries {
 public:
  static constexpr std::size_t kOutcomes = 5;  // Story::Attempt::Outcome

  ProviderSeries(std::string model_name, std::string provider_name)
      : model(std::move(model_name)), provider(std::move(provider_name)) {}
  ProviderSeries(const ProviderSeries&) = delete;
  ProviderSeries& operator=(const ProviderSeries&) = delete;
  ~ProviderSeries();

  // ---- exchanges for which it was the last that was asked ----
  void count_exchange(const Story& story);
  // ---- attempts; `before`: the exchange's previous one, or null ----
  void count_attempt(const Story& story, const Story::Attempt& attempt);
  void count_retry(int status) { retries.add(status); }
  void count_switch(int status) { switches.add(status); }

  // Null: nothing of that operation was counted.
  const OperationSeries* operation(Operation operation) const;
  Sums sums() const;
  bool counted() const;  // anything at all

  const std::string model;                        // the route's name, or `other`
  const std::string provider;                     // its name, `none` or `other`
  StatusCounts requests;                          // by what the client got
  std::array<StatusCounts, kOutcomes> attempts;   // by outcome, and what the provider answered
  StatusCounts retries;                           // by the answer after which it was asked again
  StatusCounts switches;                          // by the answer after which another one was asked
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> unpriced{0};         // answers whose cost is not known
  std::atomic<std::int64_t> cached_tokens{0};
  std::atomic<NanoDollars> cost{0};
  Histogram overhead{kOverheadBounds};            // the gateway's own time

 private:
  OperationSeries* make(Operation operation);     // null: memory has run out

  // Made with the first exchange of its kind: most providers do one thing.
  std::array<std::atomic<OperationSeries*>, kOperations> operations_{};
};

// Where the exchanges of one model count. Immutable: one is made with each configuration, and holds what is kept of
// the model by name.
class RouteSeries {
 public:
  using Provider = std::shared_ptr<ProviderSeries>;

  // `none`: for exchanges in which nobody was asked. `stray`: for providers that are not among `providers`, which are
  // all of the model, `none` included.
  RouteSeries(Provider none, Provider stray, std::vector<Provider> providers);

  // The provider of that name; "" is none.
  ProviderSeries& of(std::string_view provider) const;
  // Of all providers of the model, also those that it has no more.
  Sums sums() const;

 private:
  const Provider none_;
  const Provider stray_;
  const std::vector<Provider> providers_;
};

// Counts an exchange that has ended, once. Less than 1 µs.
void count(const Story& story, const RouteSeries& route);

}  // namespace aigw::observe
