#include "observe/otlp.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"

namespace aigw::observe {
namespace {

using nlohmann::json;

// trace.proto of opentelemetry-proto 1.x.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kStatusError = 2;

double seconds_between(Offset from, Offset to) { return seconds_of(std::max(Offset{0}, to - from)); }

double ms_between(Offset from, Offset to) { return seconds_between(from, to) * 1'000; }

// ---- attributes -----------------------------------------------------------------------------------

class Attributes {
 public:
  // Nothing, if there is nothing to tell.
  void text(const char* key, std::string_view value) {
    if (!value.empty()) slot(key, "stringValue") = value;
  }
  void number(const char* key, std::int64_t value) { slot(key, "intValue") = std::to_string(value); }
  void real(const char* key, double value) { slot(key, "doubleValue") = value; }
  void truth(const char* key, bool value) { slot(key, "boolValue") = value; }
  void texts(const char* key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    json& list = slot(key, "arrayValue")["values"];
    for (const std::string& value : values) list.push_back({{"stringValue", value}});
  }

  json take() { return std::move(list_); }

 private:
  // In place: lists in braces would copy each value several times.
  json& slot(const char* key, const char* type) {
    json& attribute = list_.emplace_back(json::object());
    attribute["key"] = key;
    return attribute["value"][type];
  }

  json list_ = json::array();
};

// ---- names ----------------------------------------------------------------------------------------

// The path without what differs from one request to the next.
std::string route_of(std::string_view path) {
  constexpr std::string_view kDeployments = "/openai/deployments/";
  if (!starts_with(path, kDeployments)) return std::string(path);
  const std::size_t model_end = std::min(path.find('/', kDeployments.size()), path.size());
  return std::string(kDeployments) + "{model}" + std::string(path.substr(model_end));
}

// The last words of a path, of which the conventions know nothing: `/v1/images/edits` is `images_edits`.
std::string plain_operation(std::string_view path) {
  const std::size_t base = path.find("/v1/");
  std::string words(base == std::string_view::npos ? path.substr(path.rfind('/') + 1) : path.substr(base + 4));
  std::replace(words.begin(), words.end(), '/', '_');
  return words;
}

// `spoken`: the client's dialect of an exchange, the provider's of an attempt.
std::string operation_of(const Story& story, Dialect spoken) {
  switch (story.dialect) {
    case Dialect::Plain: return plain_operation(story.path);
    case Dialect::Embeddings:
    case Dialect::TokenCount: return to_string(story.dialect);
    default: break;
  }
  if (spoken == Dialect::Completions) return "text_completion";
  return spoken == Dialect::Gemini ? "generate_content" : "chat";
}

std::string error_type(int status, std::string_view reason) {
  if (status >= 400) return std::to_string(status);
  struct Row {
    std::string_view beginning;
    const char* type;
  };
  // As gateway/attempt.cpp words them.
  constexpr Row kRows[] = {{"timed out", "timeout"},           {"no first token", "timeout"},
                           {"silent for", "timeout"},          {"no connection", "no_connection"},
                           {"no trusted TLS", "tls"},          {"unreadable answer", "broken_answer"},
                           {"connection broke", "broken_answer"}};
  for (const Row& row : kRows) {
    if (starts_with(reason, row.beginning)) return row.type;
  }
  return "_OTHER";
}

// ---- spans ----------------------------------------------------------------------------------------

class StorySpans {
 public:
  explicit StorySpans(const Story& story) : story_(story) {}

  void add_to(json& spans) const {
    spans.push_back(exchange());
    for (const Story::Attempt& made : story_.attempts) spans.push_back(attempt(made));
  }

 private:
  std::string time(Offset offset) const {
    const auto at = story_.began.time_since_epoch() + std::max(Offset{0}, offset);
    return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(at).count());
  }

  json span(const SpanId& id, const SpanId& parent, std::string name, Offset began, Offset ended) const {
    json span = {{"traceId", to_hex(story_.trace.trace)},
                 {"spanId", to_hex(id)},
                 {"flags", story_.trace.flags},
                 {"name", std::move(name)},
                 {"startTimeUnixNano", time(began)},
                 {"endTimeUnixNano", time(std::max(began, ended))}};
    if (parent != SpanId{}) span["parentSpanId"] = to_hex(parent);
    if (!story_.trace.state.empty()) span["traceState"] = story_.trace.state;
    return span;
  }

  json exchange() const {
    const std::string route = route_of(story_.path);
    json span = this->span(story_.trace.span, story_.trace.parent, "POST " + route, Offset{0}, story_.ended);
    span["kind"] = kServer;
    Attributes attributes;
    attributes.text("http.request.method", "POST");
    attributes.text("http.route", route);
    attributes.text("url.path", story_.path);
    attributes.text("url.scheme", "http");
    attributes.text("client.address", story_.client);
    if (story_.status != 0) attributes.number("http.response.status_code", story_.status);
    if (story_.failed()) attributes.text("error.type", error_type(story_.status, ""));
    attributes.text("gen_ai.operation.name", operation_of(story_, story_.dialect));
    attributes.text("gen_ai.request.model", story_.model);
    if (story_.stream) attributes.truth("gen_ai.request.stream", true);
    add_own(attributes);
    span["attributes"] = attributes.take();
    span["events"] = events();
    if (story_.failed()) span["status"] = {{"code", kStatusError}, {"message", story_.error}};
    return span;
  }

  void add_own(Attributes& attributes) const {
    attributes.text("ai_gateway.request_id", story_.id);
    attributes.text("ai_gateway.key", story_.key);
    attributes.text("ai_gateway.owner", story_.owner);
    attributes.text("ai_gateway.dialect", to_string(story_.dialect));
    attributes.text("ai_gateway.route", story_.route);
    attributes.text("ai_gateway.strategy", story_.strategy);
    attributes.text("ai_gateway.provider", story_.provider);
    attributes.number("ai_gateway.attempts", story_.attempt_count);
    attributes.real("ai_gateway.overhead_ms", ms_between(Offset{0}, story_.overhead()));
    attributes.number("ai_gateway.bytes_in", static_cast<std::int64_t>(story_.bytes_in));
    attributes.number("ai_gateway.bytes_out", static_cast<std::int64_t>(story_.bytes_out));
    const bool has_cost = story_.answered && story_.priced;
    if (has_cost) attributes.real("ai_gateway.cost_dollars", static_cast<double>(story_.cost) * 1e-9);
    attributes.text("ai_gateway.error", story_.error);
  }

  json attempt(const Story::Attempt& made) const {
    using Outcome = Story::Attempt::Outcome;
    const std::string operation = operation_of(story_, made.dialect);
    json span = this->span(made.span, story_.trace.span, operation + " " + made.model, made.began, made.ended);
    const bool is_call = !made.server.empty() && made.outcome != Outcome::Rejected;
    span["kind"] = is_call ? kClient : kInternal;
    Attributes attributes;
    attributes.text("gen_ai.operation.name", operation);
    attributes.text("gen_ai.provider.name", genai_provider(made.server, made.dialect));
    attributes.text("gen_ai.request.model", made.model);
    if (story_.stream) attributes.truth("gen_ai.request.stream", true);
    if (is_call) add_server(made.server, attributes);
    if (made.status != 0) attributes.number("http.response.status_code", made.status);
    if (story_.stream && made.token_at) {
      attributes.real("gen_ai.response.time_to_first_chunk", seconds_between(made.began, *made.token_at));
    }
    const bool failed = made.outcome != Outcome::Answered && made.outcome != Outcome::ClientGone;
    if (failed) {
      const bool is_rejected = made.outcome == Outcome::Rejected;
      attributes.text("error.type", is_rejected ? "rejected" : error_type(made.status, made.reason));
      span["status"] = {{"code", kStatusError}, {"message", made.reason}};
    }
    if (story_.answered && &made == &story_.attempts.back()) add_tokens(attributes);
    attributes.text("ai_gateway.provider", made.provider);
    attributes.text("ai_gateway.dialect", to_string(made.dialect));
    attributes.truth("ai_gateway.converted", made.converted);
    attributes.truth("ai_gateway.retry", made.retry);
    attributes.text("ai_gateway.outcome", to_string(made.outcome));
    if (made.head_at) attributes.real("ai_gateway.head_ms", ms_between(made.began, *made.head_at));
    attributes.text("ai_gateway.dropped", made.dropped);
    span["attributes"] = attributes.take();
    return span;
  }

  static void add_server(std::string_view server, Attributes& attributes) {
    const std::size_t colon = server.rfind(':');
    const bool has_port = colon != std::string_view::npos && server.find(']', colon) == std::string_view::npos;
    std::string_view host = server.substr(0, has_port ? colon : server.size());
    if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    attributes.text("http.request.method", "POST");
    attributes.text("server.address", host);
    const auto port = parse_uint(has_port ? server.substr(colon + 1) : "");
    if (port && *port <= 65'535) attributes.number("server.port", static_cast<std::int64_t>(*port));
  }

  void add_tokens(Attributes& attributes) const {
    attributes.number("gen_ai.usage.input_tokens", story_.prompt_tokens);
    if (story_.dialect != Dialect::Embeddings) {
      attributes.number("gen_ai.usage.output_tokens", story_.completion_tokens);
    }
    if (story_.cached_tokens > 0) attributes.number("gen_ai.usage.cache_read.input_tokens", story_.cached_tokens);
    attributes.truth("ai_gateway.tokens_estimated", story_.estimated);
  }

  // ---- events of the exchange, in order of time ----

  json events() const {
    std::vector<std::pair<Offset, json>> found;
    const auto add = [&](Offset at, const char* name, Attributes attributes) {
      json event = {{"timeUnixNano", time(at)}, {"name", name}};
      event["attributes"] = attributes.take();
      found.emplace_back(at, std::move(event));
    };
    for (const Story::Choice& choice : story_.choices) add(choice.at, "ai_gateway.choice", told(choice));
    for (const Story::Pause& pause : story_.pauses) add(pause.began, "ai_gateway.pause", told(pause));
    if (story_.first_token_at) add(*story_.first_token_at, "ai_gateway.first_token", {});
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    json events = json::array();
    for (auto& entry : found) events.push_back(std::move(entry.second));
    return events;
  }

  static Attributes told(const Story::Choice& choice) {
    Attributes attributes;
    attributes.text("ai_gateway.provider", choice.provider);
    if (!choice.provider.empty()) attributes.number("ai_gateway.priority", choice.priority);
    attributes.text("ai_gateway.why", choice.why);
    std::vector<std::string> skipped;
    for (const Story::Skip& skip : choice.skipped) skipped.push_back(skip.provider + ": " + skip.reason);
    attributes.texts("ai_gateway.skipped", skipped);
    if (choice.skipped_more > 0) {
      attributes.number("ai_gateway.skipped_more", static_cast<std::int64_t>(choice.skipped_more));
    }
    return attributes;
  }

  static Attributes told(const Story::Pause& pause) {
    Attributes attributes;
    attributes.text("ai_gateway.pause_for", to_string(pause.reason));
    attributes.real("ai_gateway.duration_ms", ms_between(pause.began, pause.ended));
    return attributes;
  }

  const Story& story_;
};

}  // namespace

std::string to_otlp(const std::vector<std::shared_ptr<const Story>>& stories, const ResourceAttributes& resource) {
  json request;
  json& resource_spans = request["resourceSpans"][0];
  Attributes who;
  for (const auto& [name, value] : resource) who.text(name.c_str(), value);
  resource_spans["resource"]["attributes"] = who.take();
  json& scope_spans = resource_spans["scopeSpans"][0];
  scope_spans["scope"] = {{"name", "ai-gateway"}, {"version", GATEWAY_VERSION}};
  json& spans = scope_spans["spans"] = json::array();
  for (const std::shared_ptr<const Story>& story : stories) StorySpans(*story).add_to(spans);
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view genai_provider(std::string_view server, Dialect dialect) {
  if (server.empty()) return "mock";
  struct Row {
    std::string_view part;  // of the host
    std::string_view name;
  };
  constexpr Row kVendors[] = {
      {"openai.azure.com", "azure.ai.openai"},
      {"services.ai.azure.com", "azure.ai.inference"},
      {"api.openai.com", "openai"},
      {"api.anthropic.com", "anthropic"},
      {"generativelanguage.googleapis.com", "gcp.gemini"},
      {"aiplatform.googleapis.com", "gcp.vertex_ai"},
      {"amazonaws.com", "aws.bedrock"},
      {"api.mistral.ai", "mistral_ai"},
      {"api.deepseek.com", "deepseek"},
      {"api.groq.com", "groq"},
      {"api.x.ai", "x_ai"},
      {"api.perplexity.ai", "perplexity"},
      {"api.cohere.", "cohere"},
      {"api.moonshot.", "moonshot_ai"},
      {"ml.cloud.ibm.com", "ibm.watsonx.ai"},
  };
  for (const Row& row : kVendors) {
    if (contains(server, row.part)) return row.name;
  }
  if (dialect == Dialect::Messages || dialect == Dialect::TokenCount) return "anthropic";
  return dialect == Dialect::Gemini ? "gcp.gemini" : "openai";
}

}  // namespace aigw::observe
