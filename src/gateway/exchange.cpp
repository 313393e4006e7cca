#include "gateway/exchange.h"

#include <random>

#include "base/money.h"
#include "base/text.h"
#include "gateway/access.h"
#include "gateway/allowance.h"
#include "gateway/availability.h"
#include "gateway/billing.h"
#include "gateway/trials.h"
#include "observe/log.h"
#include "protocol/error_conversion.h"
#include "protocol/facts.h"
#include "protocol/mask.h"
#include "protocol/multipart.h"
#include "protocol/prompt_size.h"
#include "protocol/token_count.h"

namespace aigw::gateway {
namespace {

using observe::Level;

std::uint64_t random_number() {
  thread_local std::mt19937_64 generator(std::random_device{}());
  return generator();
}

// Whether the provider works is told by what leads to another attempt, and by answers. A refusal that the client gets is
// the request's fault, and says nothing.
void tell_state(routing::ProviderState& state, const AttemptResult& result) {
  using Kind = AttemptResult::Kind;
  const bool failed = result.kind == Kind::Failed && !result.again && result.next != routing::Next::Answer;
  if (result.kind == Kind::Answered || (result.kind == Kind::ClientGone && result.progress.committed)) {
    state.succeeded();
  } else if (result.kind == Kind::Cut || (failed && routing::is_own_failure(result.failure.status))) {
    state.failed_itself();
  }
}

}  // namespace

Exchange::Exchange(Gateway& gateway, const protocol::Endpoint& endpoint, http::Request& request,
                   http::ClientStream& client, std::string id, std::string_view path_model)
    : gateway_(gateway),
      endpoint_(endpoint),
      request_(request),
      client_(client),
      routes_(gateway.routes()),
      callers_(gateway.callers()),
      config_(routes_->config().global),
      waiter_(client.fd()),
      keep_alive_(client, waiter_, endpoint.dialect),
      trail_(std::move(id), gateway.telemetry().trace_of(request.headers), request, endpoint.dialect,
             client_address(routes_->trusted_proxies(), request)) {
  asked_.endpoint = &endpoint_;
  asked_.request = &request_;
  asked_.model = path_model;
  asked_.debug = request.headers.get("X-Gateway-Debug") == "1";
  // The name under which Anthropic's SDKs look for it.
  if (protocol::is_anthropic(endpoint_.dialect)) client_.common_headers().set("Request-Id", trail_.id());
}

void Exchange::run() {
  try {
    std::optional<Refusal> refusal = authenticate();
    if (!refusal) refusal = admit();
    if (!refusal) refusal = understand();
    if (!refusal) refusal = find_route();
    if (!refusal) refusal = choose_strategy();
    if (!refusal) refusal = reserve_allowance();
    if (!refusal) refusal = endpoint_.dialect == Dialect::TokenCount ? count_tokens() : try_providers();
    end_allowance();
    if (refusal) answer(*refusal);
  } catch (const std::exception& failure) {  // memory has run out, or we are wrong somewhere
    trail_.ended(500, std::string("exception: ") + failure.what());
    if (!client_.started()) answer(refuse(500, "The gateway failed to answer."));
  }
  tell();
}

// ---- the steps --------------------------------------------------------------------------------------

std::optional<Refusal> Exchange::authenticate() {
  auto caller = callers_->identify(request_, protocol::is_anthropic(endpoint_.dialect), routes_->trusted_proxies());
  if (auto* const refusal = std::get_if<Refusal>(&caller)) return std::move(*refusal);
  caller_ = std::move(std::get<Caller>(caller));
  trail_.authenticated(caller_);
  return std::nullopt;
}

std::optional<Refusal> Exchange::admit() {
  if (gateway_.gate().draining()) return refuse(503, "The gateway is shutting down.", "draining");
  place_ = gateway_.gate().enter();
  if (place_) return std::nullopt;
  Refusal refusal = refuse(503, "The gateway is serving as many requests as it may (_global.threads).");
  refusal.retry_after = Millis{1'000};
  return refusal;
}

std::optional<Refusal> Exchange::understand() {
  const std::size_t bytes_max = static_cast<std::size_t>(config_.max_body_mb) << 20;
  const Status read = trail_.pause(Trail::Pause::For::Body, [&] { return request_.read_body(bytes_max); });
  if (!read) {
    if (read.error().kind == ErrorKind::TooLarge) {
      return refuse(413, "The request body is larger than " + std::to_string(config_.max_body_mb) +
                             " MiB (_global.max_body_mb).");
    }
    return refuse(read.error());
  }
  Result<protocol::Envelope> envelope = endpoint_.body == protocol::BodyKind::Multipart
                                            ? protocol::read_form(request_.headers.get("Content-Type"), request_.body)
                                            : protocol::read_envelope(request_.body);
  if (!envelope) return refuse(envelope.error());
  asked_.envelope = std::move(*envelope);
  if (endpoint_.body == protocol::BodyKind::JsonObject) asked_.prompt_tokens = protocol::prompt_tokens(request_.body);
  if (asked_.streams()) stream_place_ = gateway_.gate().enter_stream();
  trail_.understood(asked_);
  return std::nullopt;
}

std::optional<Refusal> Exchange::find_route() {
  if (asked_.model.empty()) asked_.model = asked_.envelope.model.value_or(config_.default_model);
  if (asked_.model.empty()) return refuse(400, "The request names no model: add a \"model\" field.", "", "model");
  route_ = routes_->find(asked_.model);
  trail_.routed(asked_.model, route_);
  if (route_ != nullptr) {
    if (auto refusal = refuse_model(caller_, asked_.model, *route_)) return refusal;
    if (route_->config->capture) trail_.capture(client_);
    asked_.settings = route_->config->conversion;
    asked_.needs_price = caller_.pays && own_price(caller_.owner_terms, asked_.model, *route_) == nullptr;
    return std::nullopt;
  }
  std::string hint;
  for (const std::string& name : routes_->table().suggestions(asked_.model)) {
    const LiveRoute* const route = routes_->find(name);
    if (route != nullptr && !refuse_model(caller_, name, *route)) hint += (hint.empty() ? "'" : ", '") + name + "'";
  }
  return refuse(404,
                "The model '" + shorten(asked_.model, 100) + "' is not configured here." +
                    (hint.empty() ? " GET /v1/models lists those that are." : " Did you mean " + hint + "?"),
                "model_not_found", "model");
}

std::optional<Refusal> Exchange::choose_strategy() {
  const auto chosen = strategy_for(caller_, request_.headers.get("X-Gateway-Strategy"), route_->config->strategy);
  if (const auto* const refusal = std::get_if<Refusal>(&chosen)) return *refusal;
  strategy_ = std::get<config::Strategy>(chosen);
  return std::nullopt;
}

std::optional<Refusal> Exchange::reserve_allowance() {
  const bool has_comments = asked_.streams() && endpoint_.dialect != Dialect::Plain;
  if (has_comments) keep_alive_.start(config_.stream_keepalive, trail_.started());
  auto taken = trail_.pause(Trail::Pause::For::Allowance,
                            [&] { return take_allowance(gateway_, caller_, asked_, *route_, waiter_); });
  // From here on: how long a client takes to send its request, or waits for its turn, is no provider's time.
  deadline_ = steady_now() + config_.default_timeout;
  for (const auto& [name, value] : limit_fields(caller_, endpoint_.dialect)) {
    if (!client_.started()) client_.common_headers().set(name, value);
  }
  if (auto* const reservation = std::get_if<usage::Reservation>(&taken)) {
    allowance_ = std::move(*reservation);
    trail_.allowed(strategy_);
    return std::nullopt;
  }
  return std::get<Refusal>(std::move(taken));
}

std::optional<Refusal> Exchange::try_providers() {
  Choice choice(gateway_, asked_, *route_, config_, strategy_, caller_.who(), waiter_, deadline_, trail_);
  while (std::optional<Picked> picked = choice.next()) {  // the best available provider
    AttemptResult result = try_provider(*picked);         // with its retries
    switch (result.kind) {
      case AttemptResult::Kind::Answered:
        trail_.ended(result.provider_status);
        return std::nullopt;
      case AttemptResult::Kind::Cut:
        trail_.ended(502, "answer broke off: " + result.failure.reason);
        settle(*picked, result.progress, true);
        return std::nullopt;
      case AttemptResult::Kind::ClientGone:
        trail_.ended(kClientGone, gateway_.gate().draining() ? "cut at the end of shutdown_grace" : "");
        if (result.progress.committed) {
          settle(*picked, result.progress, false);
        } else {
          picked->reservation.fail(read_clocks());
        }
        return std::nullopt;
      case AttemptResult::Kind::Rejected:
        choice.rule_out(Trial::rejected(*picked->backend, *result.rejection));
        continue;
      case AttemptResult::Kind::Failed:
        break;
    }
    picked->reservation.fail(read_clocks());
    if (result.next == routing::Next::Answer) {
      end_allowance();
      // The provider's own words may repeat the prompt: they are for the client alone.
      trail_.ended(result.reply->status, result.failure.reason);
      if (client_.started()) return refuse(result.failure.status, protocol::masked(result.failure.error->message));
      client_.reply(*result.reply);
      return std::nullopt;
    }
    switch_from(*picked, result, choice);
  }
  if (waiter_.client_gone()) {
    trail_.ended(kClientGone);
    return std::nullopt;
  }
  return choice.nobody_left();
}

// Before the client has its answer: it may send the next request with it.
void Exchange::end_allowance() {
  if (!allowance_) return;
  if (trail_.story().attempt_count > 0) allowance_->fail(read_clocks());
  allowance_.reset();
}

// Counting is free at providers and takes nothing from a quota: one that can count is asked once, and where none does, or
// has no room for it now, the gateway estimates. Clients ask before every turn, so that this must not fail for want of a provider.
std::optional<Refusal> Exchange::count_tokens() {
  allowance_->fail(read_clocks());  // it was a request, and nothing is to be held for it
  const Backend* const counter = route_->first_that(
      [&](const Backend& backend) { return !unavailable_for(asked_, backend, read_clocks()); });
  if (counter != nullptr && count_at(*counter)) return std::nullopt;
  const auto& decoded = asked_.decoded();
  if (const auto* rejection = std::get_if<protocol::Rejection>(&decoded)) {
    return refuse(400, rejection->message, "", rejection->param);
  }
  client_.common_headers().set("X-Gateway-Estimated", "true");
  const auto tokens = protocol::estimated_tokens(std::get<protocol::DecodedRequest>(decoded).request);
  trail_.ended(200);
  client_.reply({200, json_headers({}), protocol::token_count_answer(tokens) + "\n"});
  return std::nullopt;
}

// True if the client has its answer.
bool Exchange::count_at(const Backend& counter) {
  usage::Grant held = counter.meter->reserve({}, read_clocks());
  if (!held) return false;
  trail_.attempt_begins(counter, false);
  name_provider();
  AttemptResult result = Attempt(asked_, counter, client_, waiter_, deadline_, {}).run(trace_headers());
  trail_.attempt_ended(result);
  held->fail(read_clocks());  // no quota counts it, the provider's own limits of a minute do
  if (result.kind == AttemptResult::Kind::Answered) {
    trail_.ended(200);
    return true;
  }
  if (client_.started()) {
    trail_.ended(result.kind == AttemptResult::Kind::ClientGone ? kClientGone : 502);
    return true;
  }
  // What a provider refuses of our making is no fault of the client's, and a 404 or 405 says that it has no way to
  // count.
  const bool is_verdict = result.provider_status != 404 && result.provider_status != 405;
  if (result.reply && !result.converted && is_verdict) {
    trail_.ended(result.reply->status);
    client_.reply(*result.reply);
    return true;
  }
  trail_.forget_provider();
  name_provider();
  return false;
}

void Exchange::answer(const Refusal& refusal) {
  if (refusal.status == kClientGone) return trail_.ended(kClientGone);
  if (client_.started()) {
    // Keep-alive comments went out already, and a 200 with them: what is left is an error event.
    trail_.ended(refusal.status, refusal.error.message);
    client_.write(protocol::error_frame(endpoint_.dialect, protocol::form_of(refusal.status, refusal.error)));
    client_.finish();
    return;
  }
  const http::Reply reply = to_reply(refusal, endpoint_.dialect, trail_.id());
  trail_.ended(reply.status, refusal.error.message);
  client_.reply(reply);
}

void Exchange::tell() {
  gateway_.telemetry().exchange_ended(trail_.finish(asked_, client_), route_ != nullptr ? route_->series.get() : nullptr,
                                       config_);
}

// ---- trying -----------------------------------------------------------------------------------------

AttemptResult Exchange::try_provider(Picked& picked) {
  for (int retry = 0;;) {
    AttemptResult result = attempt(picked);
    if (result.again) continue;
    const bool retries = result.kind == AttemptResult::Kind::Failed && result.next == routing::Next::Retry &&
                         retry < picked.backend->config->retry;
    if (!retries || !picked.reservation.again(read_clocks()) || !back_off(picked, ++retry, result)) return result;
  }
}

AttemptResult Exchange::attempt(Picked& picked) {
  const Backend& backend = *picked.backend;
  trail_.attempt_begins(backend, picked.tries > 0);
  ++picked.tries;
  name_provider();
  Attempt attempt(asked_, backend, client_, waiter_, deadline_,
                  [&](const Progress& progress) { settle(picked, progress, false); });
  const SteadyTime begin = steady_now();
  keep_alive_.set_attempt(&attempt);
  AttemptResult result = attempt.run(trace_headers());
  keep_alive_.set_attempt(nullptr);
  trail_.attempt_ended(result);
  if (result.kind == AttemptResult::Kind::Rejected) name_provider();
  if (result.progress.first_content_at) {
    backend.state->first_token_after(millis_of(*result.progress.first_content_at - begin));
  }
  const bool failed = result.kind == AttemptResult::Kind::Failed && !result.again;
  tell_state(*backend.state, result);
  if (failed || result.kind == AttemptResult::Kind::Cut) {
    const Failure& failure = result.failure;
    backend.state->failed(failure.reason + (failure.detail.empty() ? "" : ": " + failure.detail), wall_now());
  }
  if (failed) backend.meter->count_error(caller_.key, wall_now());  // a cut answer is counted with what it used
  return result;
}

http::Headers Exchange::trace_headers() const { return trail_.trace_headers(gateway_.telemetry().exports_traces()); }

// For the header of the answer, whichever it becomes.
void Exchange::name_provider() {
  if (client_.started()) return;
  const std::string& provider = trail_.story().provider;
  client_.common_headers().set("X-Gateway-Provider", provider.empty() ? "none" : provider);
  client_.common_headers().set("X-Gateway-Attempts", std::to_string(trail_.story().attempt_count));
}

// Waits before the next try at the same provider. False: there is no next try.
bool Exchange::back_off(const Picked& picked, int retry, AttemptResult& result) {
  const Millis pause = routing::backoff(retry, result.wait_hint, random_number());
  if (steady_now() + pause >= deadline_) return false;
  observe::log(Level::Warning, "Retrying provider",
               {{"id", trail_.id()},
                {"model", asked_.model},
                {"provider", picked.backend->config->name},
                {"retry", retry},
                {"pause_ms", pause.count()},
                {"reason", result.failure.reason},
                {"detail", shorten(result.failure.detail, 300)}});
  waiter_.set_deadline(deadline_);
  const auto outcome =
      trail_.pause(Trail::Pause::For::Retry, [&] { return waiter_.sleep_until(steady_now() + pause); });
  const bool waited = outcome == http::Waiter::Outcome::Ready;
  if (!waited && waiter_.client_gone()) result.kind = AttemptResult::Kind::ClientGone;
  return waited;
}

void Exchange::switch_from(const Picked& picked, const AttemptResult& result, Choice& choice) {
  const Backend& backend = *picked.backend;
  const auto cooldown = routing::cooldown_after(result.failure.status, result.wait_hint);
  // Without an alternative a cooldown would only keep the next client from finding out whether it answers again.
  const bool cools = cooldown && !choice.is_only_one_left(backend);
  if (cools) backend.state->cool_down(steady_now() + *cooldown, result.failure.reason);
  choice.rule_out(Trial::failed(backend, result, picked.tries));
  observe::log(Level::Warning, "Switching provider",
               {{"id", trail_.id()},
                {"model", asked_.model},
                {"provider", backend.config->name},
                {"tries", picked.tries},
                {"provider_status", result.provider_status},
                {"reason", result.failure.reason},
                {"cooldown_ms", cools ? cooldown->count() : 0},
                {"detail", shorten(result.failure.detail, 300)}});
}

void Exchange::settle(Picked& picked, const Progress& progress, bool broken) {
  const config::PricedTokens tokens = use_of(asked_, progress);
  const config::Price* const own = own_price(caller_.owner_terms, asked_.model, *route_);
  const Bill bill = bill_of(picked.backend->price(asked_.model), own, caller_.owner_terms, tokens);
  usage::Used used = used_for(tokens, bill);
  used.estimated = !progress.usage || tokens.completion != progress.usage->completion;
  used.error = broken;
  used.duration = millis_of(steady_now() - trail_.started());
  used.key = caller_.key;
  trail_.settled(used);
  usage::Reservation::settle_both(picked.reservation, allowance_ ? &*allowance_ : nullptr, used, read_clocks());
  // A stream's head is out by now.
  if (bill.charged && !client_.started()) {
    client_.common_headers().set("X-Gateway-Cost", format_dollars(bill.charge));
  }
  // A cut answer does not tell how long a whole one is.
  const bool whole_text = progress.complete && protocol::generates_text(endpoint_.dialect);
  if (whole_text) route_->state->answered(used.completion_tokens);
}

}  // namespace aigw::gateway
