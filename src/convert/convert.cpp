#include "convert/convert.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"
#include "convert/direction.h"
#include "convert/input.h"
#include "http/sse.h"
#include "protocol/answer_conversion.h"
#include "protocol/codec.h"
#include "protocol/embeddings/answer.h"
#include "protocol/endpoint.h"
#include "protocol/envelope.h"
#include "protocol/error_conversion.h"
#include "protocol/facts.h"
#include "protocol/json_string.h"
#include "protocol/prompt_size.h"
#include "protocol/request_conversion.h"

namespace aigw::convert {
namespace {

using protocol::HeaderFields;

constexpr std::size_t kEventMax = 32 * 1024 * 1024;

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
    if (direction_.kind == Direction::Kind::Error || input_.status >= 400) return provider_error();
    if (direction_.to == Dialect::Embeddings) return vectors();
    if (direction_.from == direction_.to) return same_dialect();
    return answer();
  }

 private:
  protocol::Target target() const { return {input_.model, input_.capabilities, input_.settings}; }

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
    output_.body = protocol::error_body(client, form, "");
    output_.is_stream = false;
    return std::move(output_);
  }

  Output failed(const protocol::ProviderError& error) {
    return failed(protocol::form_of(0, error, input_.settings), direction_.to);
  }

  Output failed(const Error& error) {
    return failed(protocol::ProviderError{502, error.detail, "server_error", "upstream_truncated", {}});
  }

  Output provider_error() {
    const protocol::ProviderError error = protocol::read_error(input_.status, input_.body);
    if (error.retry_after) protocol::add_retry_hint(output_.headers, *error.retry_after);
    return failed(protocol::form_of(input_.status, error, input_.settings), direction_.to);
  }

  // ---- answers --------------------------------------------------------------------------------------

  Output vectors() {
    Result<std::string> answer = protocol::embeddings::convert_answer(
        direction_.from, input_.body, input_.request, input_.model, protocol::prompt_tokens(input_.request));
    if (!answer) return failed(answer.error());
    output_.body = std::move(*answer);
    return std::move(output_);
  }

  protocol::canonical::ReplyRules rules() const {
    protocol::canonical::ReplyRules rules;
    if (!input_.request.empty()) {
      auto decoded = protocol::decode_request(direction_.to, input_.request, false);
      if (const auto* request = std::get_if<protocol::DecodedRequest>(&decoded)) {
        auto encoded = protocol::encode_request(*request, direction_.from, target(), request->request.stream);
        if (auto* made = std::get_if<protocol::EncodedRequest>(&encoded)) rules = std::move(made->rules);
      }
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

  Output same_dialect() {
    const protocol::Codec& codec = protocol::codec_of(direction_.to);
    if (input_.has_stream && direction_.to_stream) return passed_stream();
    if (input_.has_stream) return joined(*codec.joiner());
    if (!direction_.to_stream) {
      output_.body = std::move(input_.body);
      return std::move(output_);
    }
    Result<std::string> frames = codec.split(input_.body, client_wants_usage());
    if (!frames) return failed(frames.error());
    output_.sse = std::move(*frames);
    output_.is_stream = true;
    return std::move(output_);
  }

  Output joined(protocol::Joiner& joiner) {
    Status status = Done{};
    read_events([&](const http::SseEvent& event) {
      if (status) status = joiner.add(event.name, event.data);
    });
    if (!status) return failed(status.error());
    Result<std::string> answer = joiner.finish();
    if (!answer) return failed(answer.error());
    output_.body = std::move(*answer);
    return std::move(output_);
  }

  Output passed_stream() {
    const bool wants_usage = client_wants_usage();
    bool finished = false;
    bool content = false;
    std::optional<protocol::ProviderError> failure;
    read_events([&](const http::SseEvent& event) {
      if (failure) return;
      const protocol::EventFacts facts = protocol::read_event(direction_.to, event.name, event.data);
      failure = facts.error;
      if (failure || (facts.usage_only && !wants_usage)) return;
      finished = finished || facts.finished || facts.done;
      content = content || facts.content;
      output_.sse += event.raw;
    });
    if (!failure && !finished) {
      failure = protocol::ProviderError{502, "The provider's answer broke off.", "server_error", "upstream_truncated",
                                        {}};
    }
    if (failure && !content) return failed(*failure);
    if (failure) {
      output_.sse += protocol::error_frame(direction_.to, protocol::form_of(0, *failure, input_.settings));
    }
    output_.is_stream = true;
    return std::move(output_);
  }

  template <typename Take>
  void read_events(const Take& take) {
    http::SseSplitter splitter(kEventMax);
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
  if (!known) {
    return Error{ErrorKind::Invalid, "There is no conversion \"" + shorten(direction, 100) + "\". There are " +
                                         kDirections + '.'};
  }
  Result<Input> read = read_input(input);
  if (!read) return read.error();
  return to_text(Conversion(*known, std::move(*read)).run());
}

}  // namespace aigw::convert
