#include "convert/convert.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "base/digest.h"
#include "base/text.h"
#include "convert/direction.h"
#include "convert/input.h"
#include "http/message.h"
#include "http/sse.h"
#include "protocol/answer_conversion.h"
#include "protocol/answer_model.h"
#include "protocol/codec.h"
#include "protocol/embeddings/answer.h"
#include "protocol/endpoint.h"
#include "protocol/envelope.h"
#include "protocol/error_conversion.h"
#include "protocol/facts.h"
#include "protocol/json_string.h"
#include "protocol/passed_stream.h"
#include "protocol/prompt_size.h"
#include "protocol/request_conversion.h"

namespace aigw::convert {
namespace {

using protocol::HeaderFields;

constexpr std::size_t kIdLength = 24;

// Whether there are both a reader of the one and a writer of the other.
bool is_possible(const Direction& direction) {
  using Kind = Direction::Kind;
  if (direction.kind == Kind::Error) return true;
  const protocol::Codec& from = protocol::codec_of(direction.from);
  const protocol::Codec& to = protocol::codec_of(direction.to);
  const bool has_vectors = direction.from == Dialect::Embeddings || direction.to == Dialect::Embeddings;
  const bool streams = direction.from_stream || direction.to_stream;
  if (direction.from == direction.to) return !streams || (!has_vectors && to.joiner != nullptr);
  if (direction.kind == Kind::Request) {
    if (has_vectors) return direction.from == Dialect::Embeddings;
    return from.decode_request != nullptr && to.encode_request != nullptr;
  }
  if (has_vectors) return direction.to == Dialect::Embeddings && !streams;
  return from.stream_decoder != nullptr && to.stream_encoder != nullptr;
}

struct Output {
  int status = 200;
  HeaderFields headers;
  std::string body;  // JSON text
  std::string sse;
  bool is_stream = false;
};

std::string to_text(const Output& output) {
  std::string headers;
  for (const auto& [name, value] : output.headers) {
    headers += (headers.empty() ? "" : ",") + protocol::quote(name) + ':' + protocol::quote(value);
  }
  const std::string content = output.is_stream ? "\"sse\":" + protocol::quote(output.sse) : "\"body\":" + output.body;
  return "{\"status\":" + std::to_string(output.status) + ",\"headers\":{" + headers + "}," + content + '}';
}

// One conversion of an input.
class Conversion {
 public:
  Conversion(Direction direction, Input input) : direction_(direction), input_(std::move(input)) {}

  Output run() {
    if (direction_.kind == Direction::Kind::Request) return request();
    output_.headers = protocol::client_headers(direction_.to, input_.headers, input_.settings.expose_upstream_limits,
                                               input_.now);
    output_.status = input_.status;
    read_stream_as_body();
    if (direction_.kind == Direction::Kind::Error || input_.status >= 400) return provider_error();
    if (direction_.to == Dialect::Embeddings) return vectors();
    if (direction_.from == direction_.to) return same_dialect();
    return answer();
  }

 private:
  protocol::Target target() const { return {input_.model, input_.capabilities, input_.settings}; }

  // What came is a whole answer where the provider says so, or refuses, though a stream was asked for (§13.3).
  void read_stream_as_body() {
    const auto type = std::find_if(input_.headers.begin(), input_.headers.end(),
                                   [](const auto& field) { return iequals(field.first, "content-type"); });
    const bool is_whole = type != input_.headers.end() && !http::is_event_stream(type->second);
    if (!input_.has_stream || (!is_whole && input_.status < 400)) return;
    for (const std::string& read : input_.reads) input_.body += read;
    input_.has_stream = false;
  }

  // ---- requests -------------------------------------------------------------------------------------

  Output request() {
    if (direction_.from == direction_.to) return passed_request();
    if (direction_.from == Dialect::Embeddings) {
      if (direction_.to == Dialect::Gemini) return written(protocol::encode_embeddings(input_.body, target()));
      return refused({"model", "The provider has no embeddings."});
    }
    auto decoded = protocol::decode_request(direction_.from, input_.body, input_.settings.strict_params);
    if (const auto* rejection = std::get_if<protocol::Rejection>(&decoded)) return refused(*rejection);
    const auto& request = std::get<protocol::DecodedRequest>(decoded);
    if (input_.model.empty()) input_.model = request.request.model;
    return written(protocol::encode_request(request, direction_.to, target(), request.request.stream));
  }

  Output passed_request() {
    const Result<protocol::Envelope> envelope = protocol::read_envelope(input_.body);
    if (!envelope) return refused({"", envelope.error().detail});
    if (const auto fault = protocol::passed_fault(direction_.from, input_.body)) return refused(*fault);
    std::vector<protocol::Edit> edits;
    if (!input_.model.empty()) protocol::set_model(*envelope, input_.model, edits);
    const bool has_chunks = direction_.to == Dialect::Chat || direction_.to == Dialect::Completions;
    if (has_chunks && envelope->stream && input_.capabilities.usage_in_stream) {
      protocol::ask_for_usage(*envelope, input_.body, edits);
    }
    for (const std::string_view piece : protocol::apply(input_.body, edits)) output_.body += piece;
    return std::move(output_);
  }

  Output written(std::variant<protocol::EncodedRequest, protocol::Rejection> encoded) {
    if (const auto* rejection = std::get_if<protocol::Rejection>(&encoded)) return refused(*rejection);
    auto& request = std::get<protocol::EncodedRequest>(encoded);
    std::string dropped;
    for (const std::string& name : request.dropped) dropped += (dropped.empty() ? "" : ",") + name;
    if (!dropped.empty()) output_.headers.emplace_back("x-gateway-dropped", dropped);
    output_.body = std::move(request.body);
    return std::move(output_);
  }

  Output refused(const protocol::Rejection& rejection) {
    protocol::OpenAiError error;
    error.message = rejection.message;
    error.param = rejection.param;
    return failed(protocol::form_of(400, error), direction_.from);
  }

  // ---- errors ---------------------------------------------------------------------------------------

  Output failed(const protocol::ErrorForm& form, Dialect client) {
    output_.status = protocol::status_for(client, form);
    output_.body = protocol::error_body(client, form, "req_" + random_text(kIdLength));
    output_.is_stream = false;
    return std::move(output_);
  }

  Output failed(const protocol::ProviderError& error) {
    return failed(protocol::form_of(0, error, input_.settings), direction_.to);
  }

  // Of a stream that is no whole answer (§14.4).
  Output truncated(const Error& error) {
    return failed(protocol::ProviderError{502, error.detail, "server_error", "upstream_truncated", {}});
  }

  Output unreadable(std::string message) {
    return failed(protocol::ProviderError{502, std::move(message), "server_error", "", {}});
  }

  Output provider_error() {
    const protocol::ProviderError error = protocol::read_error(input_.status, input_.body);
    if (error.retry_after) protocol::add_retry_hint(output_.headers, *error.retry_after);
    return failed(protocol::form_of(input_.status, error, input_.settings), direction_.to);
  }

  // ---- answers --------------------------------------------------------------------------------------

  // What fails a whole answer before anything is made of it; else the answer names the model that the client shall see.
  std::optional<Output> failed_answer() {
    const protocol::AnswerFacts facts = protocol::read_answer(direction_.to, input_.body);
    if (facts.error) return failed(*facts.error);
    if (!facts.parsed) return unreadable("The provider's answer is not JSON.");
    if (const std::string model = alias(); !model.empty()) protocol::rename_model(input_.body, model);
    return std::nullopt;
  }

  Output vectors() {
    if (std::optional<Output> failure = failed_answer()) return std::move(*failure);
    const std::string name = input_.settings.rewrite_model ? alias() : input_.model;
    Result<std::string> answer = protocol::embeddings::convert_answer(
        direction_.from, input_.body, input_.request, name, protocol::prompt_tokens(input_.request));
    if (!answer) return unreadable(answer.error().detail);
    output_.body = std::move(*answer);
    return std::move(output_);
  }

  protocol::canonical::ReplyRules rules() const {
    protocol::canonical::ReplyRules rules;
    if (!input_.request.empty()) {
      rules = protocol::reply_rules(direction_.to, input_.request, direction_.from, target());
    }
    rules.now = std::chrono::duration_cast<std::chrono::seconds>(input_.now.time_since_epoch()).count();
    return rules;
  }

  Output answer() {
    protocol::AnswerConversion conversion(direction_.to, direction_.to_stream, direction_.from, rules());
    if (input_.has_stream) {
      read_events([&](const http::SseEvent& event) { conversion.take_event(event.name, event.data); });
      conversion.end_stream();
    } else {
      conversion.take_answer(input_.body);
    }
    const auto& failure = conversion.failure();
    if (failure && !(direction_.to_stream && conversion.has_content())) return failed(*failure);
    output_.is_stream = direction_.to_stream;
    if (!direction_.to_stream) {
      output_.body = conversion.body();
      return std::move(output_);
    }
    output_.sse = conversion.take_frames();
    if (failure) output_.sse += conversion.error_frames(*failure);
    return std::move(output_);
  }

  // ---- within a dialect -----------------------------------------------------------------------------

  bool client_wants_usage() const {
    const Result<protocol::Envelope> envelope = protocol::read_envelope(input_.request);
    return envelope && envelope->include_usage;
  }

  // The name that answers get; empty: they keep the provider's.
  std::string alias() const {
    if (!input_.settings.rewrite_model) return {};
    const Result<protocol::Envelope> envelope = protocol::read_envelope(input_.request);
    return envelope ? envelope->model.value_or("") : "";
  }

  Output same_dialect() {
    if (input_.has_stream) return direction_.to_stream ? passed_stream() : joined();
    if (std::optional<Output> failure = failed_answer()) return std::move(*failure);
    if (!direction_.to_stream) {
      output_.body = std::move(input_.body);
      return std::move(output_);
    }
    Result<std::string> frames = protocol::codec_of(direction_.to).split(input_.body, client_wants_usage());
    if (!frames) return unreadable(frames.error().detail);
    output_.sse = std::move(*frames);
    output_.is_stream = true;
    return std::move(output_);
  }

  Output joined() {
    const auto joiner = protocol::codec_of(direction_.to).joiner();
    std::optional<protocol::ProviderError> failure;
    bool done = false;
    Status status = Done{};
    read_events([&](const http::SseEvent& event) {
      if (failure || done || !status) return;
      const protocol::EventFacts facts = protocol::read_event(direction_.to, event.name, event.data);
      failure = facts.error;
      done = facts.done;
      if (!failure) status = joiner->add(event.name, event.data);
    });
    if (failure) return failed(*failure);
    if (!status) return truncated(status.error());
    Result<std::string> answer = joiner->finish();
    if (!answer) return truncated(answer.error());
    if (const std::string model = alias(); !model.empty()) protocol::rename_model(*answer, model);
    output_.body = std::move(*answer);
    return std::move(output_);
  }

  Output passed_stream() {
    const bool wants_usage = client_wants_usage();
    const std::string model = alias();
    bool done = false;
    bool finished = false;
    bool content = false;
    std::optional<protocol::ProviderError> failure;
    protocol::PassedStream passed(direction_.to, model);
    read_events([&](const http::SseEvent& event) {
      if (failure || done) return;
      const protocol::EventFacts facts = protocol::read_event(direction_.to, event.name, event.data);
      failure = facts.error;
      if (facts.ignored) return;
      if (!facts.parsed && !facts.done && !failure) failure = broken_off();
      if (failure) return passed.note_failure(event.data);
      if (facts.usage_only && !wants_usage) return;
      passed.note(facts, event.data);
      done = facts.done;
      finished = finished || facts.finished || facts.done;
      content = content || facts.content;
      const std::string renamed =
          facts.parsed && !model.empty() ? protocol::renamed_frame(event.name, event.data, model) : "";
      output_.sse += renamed.empty() ? event.raw : renamed;
    });
    if (!failure && !finished) failure = broken_off();
    if (failure && !content) return failed(*failure);
    if (failure) output_.sse += passed.failure(protocol::form_of(0, *failure, input_.settings));
    output_.is_stream = true;
    return std::move(output_);
  }

  static protocol::ProviderError broken_off() {
    return {502, "The provider's answer broke off.", "server_error", "upstream_truncated", {}};
  }

  template <typename Take>
  void read_events(const Take& take) {
    http::SseSplitter splitter(http::kEventBytesMax);
    for (const std::string& bytes : input_.reads) {
      splitter.feed(bytes);
      while (const auto event = splitter.next()) {
        if (event->kind == http::SseEvent::Kind::Event) take(*event);
      }
    }
    if (const auto event = splitter.finish(); event && event->kind == http::SseEvent::Kind::Event) take(*event);
  }

  const Direction direction_;
  Input input_;
  Output output_;
};

}  // namespace

Result<std::string> convert(std::string_view direction, std::string_view input) {
  const std::optional<Direction> known = parse_direction(direction);
  if (!known || !is_possible(*known)) {
    return invalid("There is no conversion \"" + shorten(direction, 100) + "\". There are " + kDirections + '.');
  }
  Result<Input> read = read_input(input);
  if (!read) return read.error();
  return to_text(Conversion(*known, std::move(*read)).run());
}

}  // namespace aigw::convert
