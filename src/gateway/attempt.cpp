#include "gateway/attempt.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "gateway/errors.h"
#include "protocol/multipart.h"

namespace aigw::gateway {
namespace {

// An error's text is short; what is longer is a mistake of the provider's that need not be kept whole.
constexpr std::size_t kRefusalBytesMax = 1024 * 1024;

// How long a provider may take to end a stream after it said `[DONE]`.
constexpr Millis kEndOfStreamMax{200};

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
      settle_(std::move(settle)) {}

AttemptResult Attempt::run() {
  prepare_body();
  request_.url = &backend_.url;
  request_.path = backend_.url.path + std::string(asked_.endpoint->path);
  request_.headers = request_headers();
  request_.connect_timeout = backend_.config->connect_timeout;
  move_deadline(started_);
  const InFlight in_flight(*backend_.state);
  const Status transport = backend_.upstream->call(request_, waiter_, *this);
  if (transport && relay_ && !relay_->progress().failure) relay_->on_end();
  return judge(transport);
}

// ---- the request ----------------------------------------------------------------------------------

bool Attempt::streams_upstream() const {
  if (!asked_.endpoint->streams) return false;
  return asked_.streams() ? backend_.config->stream_support : !backend_.config->non_stream_support;
}

// Chunks carry no usage unless asked for; without it tokens could only be estimated.
bool Attempt::lacks_usage_option() const {
  const Dialect dialect = asked_.endpoint->dialect;
  return upstream_streams_ && !asked_.envelope.include_usage && !backend_.state->usage_option_refused() &&
         (dialect == Dialect::Chat || dialect == Dialect::Completions);
}

void Attempt::prepare_body() {
  const protocol::Envelope& envelope = asked_.envelope;
  const std::string& body = asked_.request->body;
  upstream_streams_ = streams_upstream();
  const std::string& model = backend_.config->model == "*" ? asked_.model : backend_.config->model;
  if (asked_.endpoint->body == protocol::BodyKind::Multipart) {
    if (envelope.model != model) {
      protocol::set_form_model(envelope, asked_.request->headers.get("Content-Type"), model, edits_);
    }
  } else {
    if (envelope.model != model) protocol::set_model(envelope, model, edits_);
    if (upstream_streams_ != envelope.stream) protocol::set_stream(envelope, upstream_streams_, edits_);
    asked_for_usage_ = lacks_usage_option();
    if (asked_for_usage_) protocol::ask_for_usage(envelope, body, edits_);
  }
  request_.body = protocol::apply(body, edits_);
}

http::Headers Attempt::request_headers() const {
  http::Headers headers;
  const bool form = asked_.endpoint->body == protocol::BodyKind::Multipart;
  headers.add("Content-Type", form ? std::string(asked_.request->headers.get("Content-Type")) : "application/json");
  headers.add("Accept", upstream_streams_ ? "text/event-stream" : "*/*");
  headers.add("User-Agent", "ai-gateway/" GATEWAY_VERSION);
  if (!backend_.config->api_key.empty()) headers.add("Authorization", "Bearer " + backend_.config->api_key.reveal());
  for (const auto& [name, value] : backend_.config->custom_headers) headers.set(name, value);
  return headers;
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
  if (upstream_streams_ && !progress.first_content_at && provider.first_token_timeout) {
    deadline = std::min(deadline, started_ + *provider.first_token_timeout);
  }
  if (progress.first_content_at && progress.last_event_at && provider.idle_timeout) {
    deadline = std::min(deadline, *progress.last_event_at + *provider.idle_timeout);
  }
  waiter_.set_deadline(deadline);
}

// Which of the limits of move_deadline it was.
std::string Attempt::time_limit_text(SteadyTime now) const {
  const config::Provider& provider = *backend_.config;
  const Progress& progress = this->progress();
  if (!progress.committed && now >= exchange_deadline_) return "timed out at the end of the exchange's budget";
  const bool waits_for_token = upstream_streams_ && !progress.first_content_at;
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
  headers_ = headers;
  if (is_success(status)) {
    RelayOptions options;
    options.dialect = asked_.endpoint->dialect;
    options.client_streams = asked_.streams();
    options.client_wants_usage = asked_.envelope.include_usage;
    options.allow_empty = backend_.config->allow_empty;
    options.settle = settle_;
    relay_ = make_relay(client_, std::move(options), status, headers);
  }
  move_deadline(steady_now());
  return true;
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

AttemptResult Attempt::judge(const Status& transport) {
  AttemptResult result;
  result.provider_status = status_;
  if (relay_ != nullptr) result.progress = relay_->progress();
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
    result.failure.message = without_key(std::move(result.failure.message));
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
  if (result.next == routing::Next::Answer) result.reply = to_reply(refuse(failure.status, failure.message));
  return result;
}

// An answer whose status line says that it is none.
void Attempt::judge_refusal(AttemptResult& result) {
  const protocol::ProviderError error = protocol::read_error(status_, refusal_);
  result.failure = Failure{status_, ErrorKind::Garbled, reason_of(status_, error), "", without_key(error.message)};
  result.wait_hint = hint_of(headers_);
  result.next = routing::after_status(status_);
  if (result.next != routing::Next::Answer) return;
  if (asked_for_usage_ && complains_about_usage_option(refusal_)) {
    backend_.state->refuses_usage_option();
    result.again = true;
    return;
  }
  result.reply = http::Reply{status_, forwarded_headers(headers_), std::move(refusal_)};
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
  Failure failure{0, error.kind, "", error.detail, ""};
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
  protocol::OpenAiError error;
  error.message = "The provider's answer broke off: " + failure.reason + ".";
  error.type = "server_error";
  error.code = "upstream_truncated";
  relay_->break_off(error);
}

}  // namespace aigw::gateway
