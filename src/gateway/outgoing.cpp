#include "gateway/outgoing.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "config/catalogue.h"
#include "gateway/vendor.h"
#include "protocol/multipart.h"
#include "protocol/params.h"
#include "protocol/request_conversion.h"

namespace aigw::gateway {
namespace {

bool streams_upstream(const Asked& asked, const config::Provider& provider) {
  if (!asked.endpoint->streams) return false;
  return asked.streams() ? provider.stream_support : !provider.non_stream_support;
}

// A count takes what is counted and nothing else.
config::Params params_for(Dialect dialect, const config::Params& params) {
  if (dialect != Dialect::TokenCount) return params;
  return {params.drop, params.rename, {}, {}};
}

bool drops(const config::Params& params, std::string_view name) {
  return std::find(params.drop.begin(), params.drop.end(), name) != params.drop.end();
}

}  // namespace

Outgoing::Outgoing(const Asked& asked, const Backend& backend) : asked_(asked), backend_(backend) {}

std::optional<protocol::Rejection> Outgoing::prepare(http::Headers trace) {
  const config::Provider& provider = *backend_.config;
  dialect_ = dialect_towards(provider, asked_.dialect()).value_or(asked_.dialect());
  streams_ = streams_upstream(asked_, provider);
  if (converted()) {
    if (auto rejection = convert()) return rejection;
  } else if (asked_.endpoint->body == protocol::BodyKind::Multipart) {
    pass_form();
  } else if (auto fault = protocol::passed_fault(asked_.dialect(), asked_.request->body)) {
    return fault;
  } else {
    pass();
  }
  request_.url = &backend_.url;
  request_.path = path_of(provider, backend_.url,
                          {asked_.dialect(), dialect_, asked_.endpoint->path, model(), streams_});
  request_.headers = std::move(trace);
  add_headers(request_.headers);
  request_.connect_timeout = provider.connect_timeout;
  return std::nullopt;
}

// Who speaks Messages counts its tokens, too.
bool Outgoing::converted() const {
  const bool counts = asked_.dialect() == Dialect::TokenCount;
  return dialect_ != (counts ? Dialect::Messages : asked_.dialect());
}

const std::string& Outgoing::model() const {
  return backend_.config->model == "*" ? asked_.model : backend_.config->model;
}

// ---- passed through ---------------------------------------------------------------------------------

void Outgoing::pass() {
  const protocol::Envelope& envelope = asked_.envelope;
  const std::string& body = asked_.request->body;
  const config::Params params = params_for(asked_.dialect(), backend_.config->params);
  if (envelope.model != model()) protocol::set_model(envelope, model(), edits_);
  if (streams_ != envelope.stream && asked_.endpoint->streams) protocol::set_stream(envelope, streams_, edits_);
  asked_for_usage_ = lacks_usage_option();
  if (asked_for_usage_) protocol::ask_for_usage(envelope, body, edits_);
  if (!params.empty()) {
    std::vector<std::string_view> owned = {"model", "stream"};
    const bool edits_options = asked_for_usage_ || (envelope.stream && !streams_);
    if (edits_options) owned.push_back("stream_options");
    protocol::adapt_params(body, params, owned, edits_);
  }
  request_.body = protocol::apply(body, edits_);
}

void Outgoing::pass_form() {
  const std::string_view content_type = asked_.request->headers.get("Content-Type");
  if (asked_.envelope.model != model()) protocol::set_form_model(asked_.envelope, content_type, model(), edits_);
  request_.body = protocol::apply(asked_.request->body, edits_);
}

// Chunks carry no usage unless asked for; without it tokens could only be estimated.
bool Outgoing::lacks_usage_option() const {
  const config::Provider& provider = *backend_.config;
  return streams_ && !asked_.envelope.include_usage && !backend_.state->usage_option_refused() &&
         config::capabilities_of(provider, model()).usage_in_stream && !drops(provider.params, "stream_options") &&
         (dialect_ == Dialect::Chat || dialect_ == Dialect::Completions);
}

// ---- converted --------------------------------------------------------------------------------------

std::optional<protocol::Rejection> Outgoing::convert() {
  const config::Provider& provider = *backend_.config;
  protocol::Target target{model(), config::capabilities_of(provider, model()), asked_.settings};
  if (backend_.state->usage_option_refused() || drops(provider.params, "stream_options")) {
    target.can.usage_in_stream = false;
  }
  asked_for_usage_ = streams_ && dialect_ == Dialect::Chat && target.can.usage_in_stream;
  auto encoded = encode(target);
  if (auto* const rejection = std::get_if<protocol::Rejection>(&encoded)) return std::move(*rejection);
  auto& request = std::get<protocol::EncodedRequest>(encoded);
  body_ = std::move(request.body);
  rules_ = std::move(request.rules);
  if (asked_.settings.rewrite_model) rules_.model = asked_.model;  // a path or a default may have named it
  dropped_ = std::move(request.dropped);
  if (const config::Params params = params_for(asked_.dialect(), provider.params); !params.empty()) {
    std::vector<protocol::Edit> edits = protocol::adapt_params(body_, params, {"model", "stream"});
    std::string adapted;
    for (const std::string_view piece : protocol::apply(body_, edits)) adapted += piece;
    body_ = std::move(adapted);
  }
  request_.body = {body_};
  return std::nullopt;
}

std::variant<protocol::EncodedRequest, protocol::Rejection> Outgoing::encode(const protocol::Target& target) const {
  if (asked_.dialect() == Dialect::Embeddings) return protocol::encode_embeddings(asked_.request->body, target);
  const auto& decoded = asked_.decoded();
  if (const auto* const rejection = std::get_if<protocol::Rejection>(&decoded)) return *rejection;
  return protocol::encode_request(std::get<protocol::DecodedRequest>(decoded), dialect_, target, streams_);
}

// ---- headers ----------------------------------------------------------------------------------------

void Outgoing::add_headers(http::Headers& headers) const {
  const bool form = asked_.endpoint->body == protocol::BodyKind::Multipart;
  headers.add("Content-Type", form ? std::string(asked_.request->headers.get("Content-Type")) : "application/json");
  headers.add("Accept", streams_ ? "text/event-stream" : "*/*");
  headers.add("User-Agent", "ai-gateway/" GATEWAY_VERSION);
  add_vendor_headers(*backend_.config, {asked_.dialect(), dialect_, asked_.endpoint->path, model(), streams_},
                     asked_.request->headers, headers);
}

}  // namespace aigw::gateway
