#include "observe/series.h"

#include <algorithm>
#include <new>

namespace aigw::observe {
namespace {

using Outcome = Story::Attempt::Outcome;

constexpr auto kRelaxed = std::memory_order_relaxed;

std::int64_t nanos(Offset offset) { return std::max<std::int64_t>(0, offset.count() * 1'000); }

template <typename Enum>
constexpr std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

Ending ending_of(int status) {
  if (status >= 400 && status < 500) return Ending::ClientError;
  return status > 0 && status < 400 ? Ending::Success : Ending::ServerError;
}

Ending ending_of(const Story::Attempt& attempt) {
  return attempt.outcome == Outcome::Cut ? Ending::ServerError : ending_of(attempt.status);
}

bool was_sent(const Story::Attempt& attempt) { return attempt.outcome != Outcome::Rejected; }

}  // namespace

Operation operation_of(Dialect client) {
  switch (client) {
    case Dialect::Chat:
    case Dialect::Responses:
    case Dialect::Messages:
    case Dialect::Gemini: return Operation::Chat;
    case Dialect::Completions: return Operation::TextCompletion;
    case Dialect::Embeddings: return Operation::Embeddings;
    case Dialect::TokenCount: return Operation::CountTokens;
    case Dialect::Plain: return Operation::Other;
  }
  return Operation::Other;
}

const char* to_string(Operation operation) {
  switch (operation) {
    case Operation::Chat: return "chat";
    case Operation::TextCompletion: return "text_completion";
    case Operation::Embeddings: return "embeddings";
    case Operation::CountTokens: return "count_tokens";
    case Operation::Other: return "other";
  }
  return "other";
}

const char* to_string(Ending ending) {
  switch (ending) {
    case Ending::Success: return "";
    case Ending::ClientError: return "4xx";
    case Ending::ServerError: return "5xx";
  }
  return "";
}

Sums& Sums::operator+=(const Sums& more) {
  requests += more.requests;
  failures += more.failures;
  attempts += more.attempts;
  failed_attempts += more.failed_attempts;
  prompt_tokens += more.prompt_tokens;
  completion_tokens += more.completion_tokens;
  cached_tokens += more.cached_tokens;
  cost += more.cost;
  return *this;
}

// ---- a provider -------------------------------------------------------------------------------------

ProviderSeries::~ProviderSeries() {
  for (const auto& each : operations_) delete each.load(kRelaxed);
}

void ProviderSeries::count_exchange(const Story& story) {
  requests.add(story.status);
  overhead.record(nanos(story.overhead()));
  if (story.failed()) failures.fetch_add(1, kRelaxed);
  OperationSeries* const times = make(operation_of(story.dialect));
  if (story.answered) {
    cached_tokens.fetch_add(story.cached_tokens, kRelaxed);
    cost.fetch_add(story.cost, kRelaxed);
    if (!story.priced) unpriced.fetch_add(1, kRelaxed);
  }
  if (times == nullptr) return;
  if (story.answered) {
    times->prompt_tokens.record(story.prompt_tokens);
    times->completion_tokens.record(story.completion_tokens);
  }
  const Ending ending = story.failed() ? Ending::ServerError : ending_of(story.status);
  times->request_duration[index(ending)].record(nanos(story.ended));
  if (ending != Ending::Success || !story.stream || !story.first_token_at) return;
  times->time_to_first_token.record(nanos(*story.first_token_at));
  if (story.answered && story.completion_tokens > 1) {
    times->time_per_output_token.record(nanos(story.ended - *story.first_token_at) / (story.completion_tokens - 1));
  }
}

void ProviderSeries::count_attempt(const Story& story, const Story::Attempt& attempt) {
  attempts[index(attempt.outcome)].add(attempt.status);
  if (!was_sent(attempt) || attempt.outcome == Outcome::ClientGone) return;
  OperationSeries* const times = make(operation_of(story.dialect));
  if (times == nullptr) return;
  times->call_duration[index(ending_of(attempt))].record(nanos(attempt.ended - attempt.began));
  if (story.stream && attempt.token_at) times->time_to_first_chunk.record(nanos(*attempt.token_at - attempt.began));
}

const OperationSeries* ProviderSeries::operation(Operation operation) const {
  return operations_[index(operation)].load(std::memory_order_acquire);
}

OperationSeries* ProviderSeries::make(Operation operation) {
  std::atomic<OperationSeries*>& slot = operations_[index(operation)];
  OperationSeries* found = slot.load(std::memory_order_acquire);
  if (found != nullptr) return found;
  std::unique_ptr<OperationSeries> made(new (std::nothrow) OperationSeries);
  if (made != nullptr && slot.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel)) {
    return made.release();
  }
  return found;
}

Sums ProviderSeries::sums() const {
  Sums sums;
  sums.requests = requests.sum();
  sums.failures = failures.load(kRelaxed);
  for (const StatusCounts& outcome : attempts) sums.attempts += outcome.sum();
  sums.failed_attempts = attempts[index(Outcome::Failed)].sum() + attempts[index(Outcome::Cut)].sum();
  for (const auto& each : operations_) {
    const OperationSeries* const times = each.load(std::memory_order_acquire);
    if (times == nullptr) continue;
    sums.prompt_tokens += times->prompt_tokens.sum();
    sums.completion_tokens += times->completion_tokens.sum();
  }
  sums.cached_tokens = cached_tokens.load(kRelaxed);
  sums.cost = cost.load(kRelaxed);
  return sums;
}

bool ProviderSeries::counted() const {
  const Sums all = sums();
  return all.requests + all.attempts > 0;
}

// ---- a model ----------------------------------------------------------------------------------------

RouteSeries::RouteSeries(Provider none, Provider stray, std::vector<Provider> providers)
    : none_(std::move(none)), stray_(std::move(stray)), providers_(std::move(providers)) {}

ProviderSeries& RouteSeries::of(std::string_view provider) const {
  if (provider.empty()) return *none_;
  const auto found = std::find_if(providers_.begin(), providers_.end(),
                                  [&](const Provider& each) { return each->provider == provider; });
  return found == providers_.end() ? *stray_ : **found;
}

Sums RouteSeries::sums() const {
  Sums sums;
  for (const Provider& provider : providers_) sums += provider->sums();
  return sums;
}

void count(const Story& story, const RouteSeries& route) {
  const Story::Attempt* before = nullptr;
  for (const Story::Attempt& attempt : story.attempts) {
    ProviderSeries& series = route.of(attempt.provider);
    series.count_attempt(story, attempt);
    if (!was_sent(attempt)) continue;
    if (before != nullptr && attempt.retry) series.count_retry(before->status);
    const bool switched = before != nullptr && before->provider != attempt.provider;
    if (switched) route.of(before->provider).count_switch(before->status);
    before = &attempt;
  }
  route.of(story.provider).count_exchange(story);
}

}  // namespace aigw::observe
