#include "gateway/trail.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/mask.h"

namespace aigw::gateway {
namespace {

using observe::Offset;
using observe::Story;

// What passes without a wait takes less, and is the gateway's own time.
constexpr Offset kPauseMin{100};

constexpr std::size_t kErrorBytesMax = 500;

constexpr std::size_t kCaptureBytesMax = 64 * 1024;
constexpr std::size_t kCutBytes = 4 * 1024;  // what was cut off in the middle may be a credential that nobody knows

std::string captured(std::string_view text) {
  constexpr std::size_t kLooked = kCaptureBytesMax + kCutBytes;
  const std::string masked = protocol::masked(text.substr(0, kLooked));
  if (text.size() < kLooked) return shorten(masked, kCaptureBytesMax);
  return shorten(masked, std::min(kCaptureBytesMax, masked.size() - std::min(masked.size(), kCutBytes)));
}

std::string bounded(std::string_view text) { return shorten(text, Story::kTextBytesMax); }

Story::Attempt::Outcome outcome_of(AttemptResult::Kind kind) {
  using Outcome = Story::Attempt::Outcome;
  switch (kind) {
    case AttemptResult::Kind::Answered: return Outcome::Answered;
    case AttemptResult::Kind::Cut: return Outcome::Cut;
    case AttemptResult::Kind::ClientGone: return Outcome::ClientGone;
    case AttemptResult::Kind::Rejected: return Outcome::Rejected;
    case AttemptResult::Kind::Failed: break;
  }
  return Outcome::Failed;
}

std::string server_of(const Url& url) { return url.host.empty() ? "" : url.host + ":" + std::to_string(url.port); }

const char* by(config::Strategy strategy) {
  switch (strategy) {
    case config::Strategy::Weighted: return "its turn by weight";
    case config::Strategy::RoundRobin: return "its turn";
    case config::Strategy::Random: return "by chance and weight";
    case config::Strategy::LeastConnections: return "fewest requests in flight";
    case config::Strategy::Latency: return "lowest latency, or its turn to be measured";
    case config::Strategy::Expiring: return "its quota is lost first";
    case config::Strategy::Cost: return "the cheapest";
  }
  return "";
}

}  // namespace

Trail::Trail(std::string id, observe::TraceContext trace, const http::Request& request, Dialect dialect,
             std::string client)
    : started_(steady_now()) {
  story_.id = std::move(id);
  story_.began = wall_now();
  story_.trace = std::move(trace);
  story_.client = std::move(client);
  story_.path = bounded(request.path);
  story_.dialect = dialect;
}

void Trail::authenticated(const Caller& caller) {
  story_.authenticated_at = now();
  story_.key = caller.key;
  story_.owner = caller.owner;
}

void Trail::understood(const Asked& asked) {
  story_.understood_at = now();
  story_.prompt_tokens_expected = asked.prompt_tokens;
}

void Trail::routed(const std::string& model, const LiveRoute* route) {
  story_.model = bounded(model);
  if (route == nullptr) return;
  story_.routed_at = now();
  story_.route = route->config->model;
}

void Trail::allowed(config::Strategy strategy) {
  story_.allowed_at = now();
  story_.strategy = config::to_string(strategy);
}

void Trail::chose(Choice choice) {
  if (story_.choices.size() >= Story::kChoicesMax) return;
  choice.at = now();
  story_.choices.push_back(std::move(choice));
}

void Trail::attempt_begins(const Backend& backend, bool retry) {
  ++story_.attempt_count;
  story_.provider = backend.config->name;
  if (story_.attempts.size() >= Story::kAttemptsMax) {  // the last one is kept, and the first ones
    story_.waited_beyond += story_.attempts.back().ended - story_.attempts.back().began;
    story_.attempts.pop_back();
  }
  Story::Attempt& attempt = story_.attempts.emplace_back();
  attempt.provider = backend.config->name;
  attempt.server = server_of(backend.url);
  attempt.retry = retry;
  attempt.span = observe::new_span_id();
  attempt.began = now();
}

void Trail::attempt_ended(const AttemptResult& result) {
  Story::Attempt& attempt = story_.attempts.back();
  attempt.ended = now();
  attempt.model = bounded(result.model);  // a client may have chosen it
  attempt.dialect = result.dialect;
  attempt.converted = result.converted;
  attempt.status = result.provider_status;
  attempt.outcome = outcome_of(result.kind);
  attempt.dropped = bounded(result.dropped);
  attempt.reason = bounded(result.rejection ? result.rejection->message : result.failure.reason);
  if (story_.capture && result.failure.error) attempt.said = bounded(protocol::masked(result.failure.error->message));
  if (result.head_at) attempt.head_at = offset(*result.head_at);
  if (result.progress.first_content_at) attempt.token_at = offset(*result.progress.first_content_at);
  if (result.progress.committed) story_.first_token_at = attempt.token_at;
  story_.dropped = attempt.dropped;
  if (attempt.outcome != Story::Attempt::Outcome::Rejected) return;
  --story_.attempt_count;  // it was not asked
  const auto asked = std::find_if(story_.attempts.rbegin(), story_.attempts.rend(), [](const Story::Attempt& one) {
    return one.outcome != Story::Attempt::Outcome::Rejected;
  });
  story_.provider = asked == story_.attempts.rend() ? "" : asked->provider;
}

void Trail::settled(const usage::Used& used) {
  story_.answered = true;
  story_.prompt_tokens = used.prompt_tokens;
  story_.completion_tokens = used.completion_tokens;
  story_.cached_tokens = used.cached_tokens;
  story_.estimated = used.estimated;
  story_.priced = used.priced;
  story_.cost = used.cost;
}

void Trail::ended(int status, std::string_view error) {
  story_.status = status;
  if (story_.error.empty()) story_.error = shorten(error, kErrorBytesMax);
}

void Trail::capture(http::ClientStream& client) {
  story_.capture = Story::Capture{};
  client.keep_copy(kCaptureBytesMax + kCutBytes);
}

observe::Story Trail::finish(const Asked& asked, const http::ClientStream& client) {
  story_.ended = now();
  // An exception has ended it.
  if (!story_.attempts.empty() && story_.attempts.back().ended == Offset{0}) story_.attempts.back().ended = story_.ended;
  story_.stream = asked.streams();
  story_.bytes_in = asked.request->body.size();
  story_.bytes_out = client.bytes_out();
  if (story_.capture) {
    story_.capture->request = captured(asked.request->body);
    story_.capture->answer = captured(client.copy());
    story_.capture->request_bytes = story_.bytes_in;
    story_.capture->answer_bytes = story_.bytes_out;
  }
  return std::move(story_);
}

Offset Trail::offset(SteadyTime time) const {
  return std::max(Offset{0}, std::chrono::duration_cast<Offset>(time - started_));
}

void Trail::paused(Pause::For reason, Offset began) {
  const Offset ended = now();
  if (goes_on_waiting(reason)) {
    story_.pauses.back().ended = ended;
    return;
  }
  if (ended - began < kPauseMin) return;
  if (story_.pauses.size() < Story::kPausesMax) {
    story_.pauses.push_back({reason, began, ended});
  } else {
    story_.waited_beyond += ended - began;
  }
}

// Whether nothing has happened since the last pause: who wakes up in a line and finds no room is still waiting.
bool Trail::goes_on_waiting(Pause::For reason) const {
  if (story_.pauses.empty() || story_.pauses.back().reason != reason) return false;
  const Offset ended = story_.pauses.back().ended;
  return (story_.choices.empty() || story_.choices.back().at <= ended) &&
         (story_.attempts.empty() || story_.attempts.back().ended <= ended);
}

std::string why_chosen(config::Strategy strategy, std::size_t contenders, int priority) {
  const std::string tier = "priority " + std::to_string(priority);
  if (contenders == 1) return "the only one available of " + tier;
  return std::string(by(strategy)) + ", among " + std::to_string(contenders) + " of " + tier;
}

}  // namespace aigw::gateway
