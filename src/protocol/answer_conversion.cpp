#include "protocol/answer_conversion.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

using canonical::Event;
using canonical::EventSink;
using canonical::FinishReason;

// Bytes of a stream that may wait behind a call that has not ended.
constexpr std::size_t kHeldMax = 8 * 1024 * 1024;

std::size_t text_bytes_of(const Event& event) {
  return std::visit(canonical::Overloaded{[](const canonical::TextDelta& delta) { return delta.text.size(); },
                                          [](const canonical::RefusalDelta& delta) { return delta.text.size(); },
                                          [](const canonical::ReasoningDelta& delta) { return delta.text.size(); },
                                          [](const canonical::CallBegin& call) { return call.name.size(); },
                                          [](const canonical::CallDelta& delta) { return delta.arguments.size(); },
                                          [](const auto&) { return std::size_t{0}; }},
                    event.what);
}

// An answer that ends so is one, though it may be empty.
bool may_end_empty(FinishReason reason) {
  return reason == FinishReason::Length || reason == FinishReason::ContextWindow ||
         reason == FinishReason::StopSequence || reason == FinishReason::ContentFilter;
}

// One value; Google's stream without `alt=sse` is an array of its chunks (§11.3).
Result<Json> parse_answer(std::string_view body) {
  if (!starts_with(trim(body), "[")) return parse_object(body);
  Result<Json> wrapped = parse_object("{\"chunks\":" + std::string(body) + '}');
  if (!wrapped) return wrapped.error();
  return std::move((*wrapped)["chunks"]);
}

canonical::ReplyRules with_streams(canonical::ReplyRules rules, bool client_streams) {
  rules.streams = client_streams;
  return rules;
}

}  // namespace

// Stands behind the decoder: notes what the gateway must know, and keeps failures from the encoder until somebody
// decides that the client shall see them.
class AnswerConversion::Tap : public EventSink {
 public:
  explicit Tap(AnswerConversion& answer) : answer_(answer) {}

  void take(const Event& event) override {
    if (answer_.ended_ || answer_.failure_) return;
    if (const auto* failed = std::get_if<canonical::Failed>(&event.what)) {
      answer_.failure_ = *failed->error;
      return;
    }
    note(event);
    answer_.adapter_->take(event);
    if (answer_.adapter_->done()) answer_.ended_ = true;
    if (!answer_.ended_) check_held();
  }

 private:
  // An answer that comes whole is held anyway, and has its own bound.
  void check_held() {
    const auto& frames = answer_.frames_;
    if (frames == nullptr || answer_.adapter_->held_bytes() + frames->held_bytes() <= kHeldMax) return;
    answer_.failure_ =
        ProviderError{502, "The provider's answer has a tool call of which no end comes.", "server_error", ""};
  }

  void note(const Event& event) {
    answer_.has_content_ = answer_.has_content_ || canonical::is_content(event);
    answer_.text_bytes_ += text_bytes_of(event);
    if (const auto* report = std::get_if<canonical::UsageReport>(&event.what)) answer_.usage_ = report->usage;
    if (const auto* finish = std::get_if<canonical::Finish>(&event.what)) {
      answer_.may_be_empty_ = answer_.may_be_empty_ || may_end_empty(finish->reason);
    }
    if (std::holds_alternative<canonical::End>(event.what)) answer_.ended_ = true;
  }

  AnswerConversion& answer_;
};

AnswerConversion::AnswerConversion(Dialect client, bool client_streams, Dialect provider, canonical::ReplyRules rules)
    : rules_(with_streams(std::move(rules), client_streams)),
      frames_(client_streams ? codec_of(client).stream_encoder(rules_) : nullptr),
      answer_(client_streams ? nullptr : codec_of(client).answer_encoder(rules_)),
      adapter_(std::make_unique<canonical::ReplyAdapter>(
          rules_, client_streams ? static_cast<EventSink&>(*frames_) : static_cast<EventSink&>(*answer_))),
      decoder_(codec_of(provider).stream_decoder()),
      tap_(std::make_unique<Tap>(*this)),
      decode_answer_(codec_of(provider).decode_answer) {}

AnswerConversion::~AnswerConversion() = default;

void AnswerConversion::take_event(std::string_view name, std::string_view data) {
  const std::optional<std::string> mended = without_halves(data);
  decoder_->take(name, mended ? *mended : data, *tap_);
}

void AnswerConversion::end_stream() { decoder_->finish(*tap_); }

void AnswerConversion::take_answer(std::string_view body) {
  const std::optional<std::string> mended = without_halves(body);
  const Result<Json> tree = parse_answer(mended ? *mended : body);
  if (!tree) {
    failure_ = ProviderError{502, "The provider's answer is not JSON.", "server_error", ""};
    return;
  }
  decode_answer_(*tree, *tap_);
}

std::string AnswerConversion::take_frames() { return frames_->take_frames(); }

std::string AnswerConversion::error_frames(const ProviderError& error) {
  frames_->take({canonical::Failed{&error}});
  return frames_->take_frames();
}

std::string AnswerConversion::body() { return dump(answer_->finish()); }

}  // namespace aigw::protocol
