#include "gateway/attempt.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "protocol/edit_report.h"
#include "protocol/embeddings/answer.h"
#include "protocol/error_conversion.h"
#include "protocol/limit_headers.h"
#include "protocol/token_count.h"

namespace aigw::gateway {
namespace {

// An error's text is short; what is longer is a mistake of the provider's that need not be kept whole.
constexpr std::size_t kRefusalBytesMax = 1024 * 1024;

constexpr std::size_t kDroppedBytesMax = 2000;  // of a header field that clients' own field names fill

// How long a provider may take to end a stream after it said `[DONE]`.
constexpr Millis kEndOfStreamMax{200};
// How long the end of an answer is held back for what may still follow its finish reason (protocols.md §9.2 rule 2).
constexpr Millis kAfterFinishMax{5'000};

class InFlight {
 public:
  explicit InFlight(routing::ProviderState& state) : state_(state) { state_.attempt_started(); }
  ~InFlight() { state_.attempt_ended(); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  routing::ProviderState& state_;
};

bool is_success(int status) { return status >= 200 && status < 300; }

std::string seconds_text(Millis time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds_of(time));
  return text;
}

std::optional<Millis> hint_of(const http::Headers& headers) {
  return routing::wait_hint({headers.get("Retry-After-Ms"), headers.get("Retry-After"),
                             headers.get("X-RateLimit-Reset-Requests"), headers.get("X-RateLimit-Remaining-Requests"),
                             headers.get("X-RateLimit-Reset-Tokens"), headers.get("X-RateLimit-Remaining-Tokens")},
                            wall_now());
}

// Google answers 400 to a wrong key.
bool refuses_key(int status, const protocol::ProviderError& error) {
  return status == 400 && protocol::form_of(status, error, {}).openai.code == "upstream_auth";
}

// What turns a provider's vectors or count into what the client asked for; nothing for an answer that is text.
std::function<Result<std::string>(std::string)> number_conversion(const Asked& asked, Dialect provider) {
  if (asked.dialect() == Dialect::Embeddings) {
    return [&asked, provider](std::string answer) {
      return protocol::embeddings::convert_answer(provider, std::move(answer), asked.request->body, asked.model,
                                                  asked.prompt_tokens);
    };
  }
  if (asked.dialect() == Dialect::TokenCount && provider != Dialect::Messages) {
    return [provider](const std::string& answer) { return protocol::token_count_answer(provider, answer); };
  }
  return nullptr;
}

// Providers that know `stream_options` don't complain about it, and those that complain name it.
bool complains_about_usage_option(const std::string& body) {
  return contains(body, "stream_options") || contains(body, "include_usage");
}

}  // namespace

Attempt::Attempt(const Asked& asked, const Backend& backend, http::ClientStream& client, http::Waiter& waiter,
                 SteadyTime exchange_deadline, std::function<void(const Progress&)> settle)
    : asked_(asked),
      backend_(backend),
      client_(client),
      waiter_(waiter),
      started_(steady_now()),
      exchange_deadline_(exchange_deadline),
      settle_(std::move(settle)),
      outgoing_(asked, backend) {}

AttemptResult Attempt::run(http::Headers trace) {
  if (auto rejection = outgoing_.prepare(std::move(trace))) {
    AttemptResult result = outcome();
    result.kind = AttemptResult::Kind::Rejected;
    result.rejection = std::move(rejection);
    return result;
  }
  move_deadline(started_);
  const InFlight in_flight(*backend_.state);
  Status transport = backend_.upstream->call(outgoing_.request(), waiter_, *this);
  const bool waited_in_vain = !transport && transport.error().kind == ErrorKind::TimedOut && progress().finished_at;
  if (waited_in_vain) transport = Done{};
  if (transport && relay_ && !relay_->progress().failure) relay_->on_end();
  return judge(transport);
}

// ---- time -----------------------------------------------------------------------------------------

const Progress& Attempt::progress() const {
  static const Progress nothing_yet;
  return relay_ != nullptr ? relay_->progress() : nothing_yet;
}

// How long the next wait may last. The budget of the exchange ends with the commit, the time for the first token with
// the first content; then only silence counts.
void Attempt::move_deadline(SteadyTime now) {
  const config::Provider& provider = *backend_.config;
  const Progress& progress = this->progress();
  if (progress.complete) {
    // The client has its answer. What follows only decides whether the connection to the provider can be kept.
    if (!end_deadline_) end_deadline_ = now + kEndOfStreamMax;
    return waiter_.set_deadline(*end_deadline_);
  }
  SteadyTime deadline = now + provider.timeout;
  if (!progress.committed) deadline = std::min(deadline, exchange_deadline_);
  if (outgoing_.streams() && !progress.first_content_at && provider.first_token_timeout) {
    deadline = std::min(deadline, started_ + *provider.first_token_timeout);
  }
  if (progress.first_content_at && progress.last_event_at && provider.idle_timeout) {
    deadline = std::min(deadline, *progress.last_event_at + *provider.idle_timeout);
  }
  if (progress.finished_at) deadline = std::min(deadline, *progress.finished_at + kAfterFinishMax);
  waiter_.set_deadline(deadline);
}

// Which of the limits of move_deadline it was.
std::string Attempt::time_limit_text(SteadyTime now) const {
  const config::Provider& provider = *backend_.config;
  const Progress& progress = this->progress();
  if (!progress.committed && now >= exchange_deadline_) return "timed out at the end of the exchange's budget";
  const bool waits_for_token = outgoing_.streams() && !progress.first_content_at;
  if (waits_for_token && provider.first_token_timeout && now - started_ >= *provider.first_token_timeout) {
    return "no first token within " + seconds_text(*provider.first_token_timeout);
  }
  if (progress.first_content_at) {
    const SteadyTime last = progress.last_event_at.value_or(*progress.first_content_at);
    const bool idle = provider.idle_timeout && now - last >= *provider.idle_timeout;
    return "silent for " + seconds_text(idle ? *provider.idle_timeout : provider.timeout);
  }
  const bool connecting = status_ == 0 && now - started_ < provider.timeout;
  return "timed out after " + seconds_text(connecting ? provider.connect_timeout : provider.timeout);
}

// ---- the answer -----------------------------------------------------------------------------------

bool Attempt::on_head(int status, const http::Headers& headers) {
  status_ = status;
  head_at_ = steady_now();
  headers_ = headers;
  if (is_success(status)) relay_ = make_relay(client_, relay_options(), status, headers);
  move_deadline(*head_at_);
  return true;
}

RelayOptions Attempt::relay_options() const {
  RelayOptions options;
  options.dialect = asked_.dialect();
  options.provider_dialect = outgoing_.dialect();
  options.rules = outgoing_.rules();
  options.client_streams = asked_.streams();
  options.client_wants_usage = asked_.envelope.include_usage;
  options.allow_empty = backend_.config->allow_empty;
  options.expose_limits = asked_.settings.expose_upstream_limits;
  options.convert = number_conversion(asked_, outgoing_.dialect());
  if (asked_.settings.rewrite_model) options.model = asked_.model;
  options.headers = own_headers();
  options.settle = settle_;
  return options;
}

std::string Attempt::dropped() const {
  std::string names;
  for (const std::string& name : outgoing_.dropped()) names += (names.empty() ? "" : ",") + name;
  return escape_control(shorten(names, kDroppedBytesMax));
}

// What the gateway itself tells of this attempt.
http::Headers Attempt::own_headers() const {
  http::Headers headers;
  if (std::string names = dropped(); !names.empty()) headers.add("X-Gateway-Dropped", std::move(names));
  if (asked_.debug && !outgoing_.converted()) {
    headers.add("X-Gateway-Edits", protocol::report_edits(outgoing_.edits()));
  }
  return headers;
}

bool Attempt::on_data(std::string_view bytes) {
  bool wanted = true;
  if (relay_ != nullptr) {
    wanted = relay_->on_data(bytes);
  } else {
    refusal_.append(bytes.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, refusal_.size())));
  }
  move_deadline(steady_now());
  return wanted && !client_.client_gone();
}

// What is to be told of the attempt, however it ended.
AttemptResult Attempt::outcome() const {
  AttemptResult result;
  result.provider_status = status_;
  result.head_at = head_at_;
  result.model = outgoing_.model();
  result.dialect = outgoing_.dialect();
  result.converted = outgoing_.converted();
  result.dropped = dropped();
  if (relay_ != nullptr) result.progress = relay_->progress();
  return result;
}

AttemptResult Attempt::judge(const Status& transport) {
  AttemptResult result = outcome();
  if (result.progress.complete) {
    result.kind = AttemptResult::Kind::Answered;
    return result;
  }
  if ((!transport && transport.error().kind == ErrorKind::ClientGone) || client_.client_gone()) {
    result.kind = AttemptResult::Kind::ClientGone;
    return result;
  }
  if (result.progress.failure) {
    result.failure = *result.progress.failure;
    if (auto& error = result.failure.error) error->message = without_key(std::move(error->message));
  } else if (!transport) {
    result.failure = transport_failure(transport.error());
  } else {
    judge_refusal(result);
    return result;
  }
  if (result.progress.committed) {
    result.kind = AttemptResult::Kind::Cut;
    break_off(result.failure);
    return result;
  }
  const Failure& failure = result.failure;
  result.next = failure.status != 0 ? routing::after_status(failure.status) : routing::after_error(failure.kind);
  if (failure.status != 0) result.wait_hint = hint_of(headers_);
  if (result.next == routing::Next::Answer) result.reply = client_error(failure.status, *failure.error);
  return result;
}

// An answer whose status line says that it is none.
void Attempt::judge_refusal(AttemptResult& result) {
  protocol::ProviderError error = protocol::read_error(status_, refusal_);
  error.message = without_key(std::move(error.message));
  const int status = refuses_key(status_, error) ? 401 : status_;
  result.failure = Failure{status, ErrorKind::Garbled, reason_of(status, error), "", error};
  result.wait_hint = hint_of(headers_);
  if (!result.wait_hint) result.wait_hint = error.retry_after;
  result.next = routing::after_status(status);
  if (result.next != routing::Next::Answer) return;
  if (outgoing_.asked_for_usage() && complains_about_usage_option(refusal_)) {
    backend_.state->refuses_usage_option();
    result.again = true;
    return;
  }
  result.reply = client_error(status_, error);
  if (outgoing_.converted()) return;
  result.reply->status = status_;
  result.reply->body = without_key(std::move(refusal_));
  const std::string_view type = headers_.get("Content-Type");
  if (!type.empty()) result.reply->headers.set("Content-Type", std::string(type));
}

// A provider's error that is handed on, in the client's dialect.
http::Reply Attempt::client_error(int status, const protocol::ProviderError& error) const {
  const protocol::ErrorForm form = protocol::form_of(status, error, asked_.settings);
  http::Headers headers = own_headers();
  const protocol::HeaderFields given(headers_.begin(), headers_.end());
  protocol::HeaderFields fields =
      protocol::client_headers(asked_.dialect(), given, asked_.settings.expose_upstream_limits, wall_now());
  if (error.retry_after) protocol::add_retry_hint(fields, *error.retry_after);
  for (auto& [name, value] : fields) headers.add(std::move(name), std::move(value));
  headers.set("Content-Type", "application/json");
  return {protocol::status_for(asked_.dialect(), form), std::move(headers),
          without_key(protocol::error_body(asked_.dialect(), form, client_.common_headers().get("X-Request-Id"))) +
              "\n"};
}

// Providers like to repeat the key that they refuse.
std::string Attempt::without_key(std::string text) const {
  const Secret& key = backend_.config->api_key;
  if (key.empty()) return text;
  for (std::size_t at = text.find(key.reveal()); at != std::string::npos; at = text.find(key.reveal(), at)) {
    text.replace(at, key.reveal().size(), key.mask());
    at += key.mask().size();
  }
  return text;
}

Failure Attempt::transport_failure(const Error& error) const {
  Failure failure{0, error.kind, "", error.detail};
  switch (error.kind) {
    case ErrorKind::TimedOut: failure.reason = time_limit_text(steady_now()); break;
    case ErrorKind::Refused: failure.reason = "no connection"; break;
    case ErrorKind::TlsFailed: failure.reason = "no trusted TLS connection"; break;
    case ErrorKind::Garbled: failure.reason = "unreadable answer"; break;
    default: failure.reason = "connection broke off"; break;
  }
  return failure;
}

void Attempt::break_off(const Failure& failure) {
  const std::string message = "The provider's answer broke off: " + failure.reason + ".";
  protocol::ProviderError error = failure.error.value_or(
      protocol::ProviderError{502, message, "server_error", "upstream_truncated"});
  if (error.message.empty()) error.message = message;
  relay_->break_off(error);
}

}  // namespace aigw::gateway
