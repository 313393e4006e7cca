#include "protocol/responses/output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/call_ids.h"
#include "protocol/canonical/media.h"
#include "protocol/canonical/proof.h"
#include "protocol/error_conversion.h"
#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

using canonical::FinishReason;
using canonical::Vendor;

constexpr std::string_view kCompleted = "completed";
constexpr std::string_view kIncomplete = "incomplete";

std::string_view incomplete_reason_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::Length:
    case FinishReason::ContextWindow: return "max_output_tokens";
    case FinishReason::ContentFilter: return "content_filter";
    default: return {};
  }
}

}  // namespace

Output::Output(const canonical::ReplyRules& rules, std::string* frames)
    : rules_(rules), frames_(frames), head_(rules) {}

void Output::take(const canonical::Event& event) {
  if (ended_ || event.choice != 0) return;  // a response holds one choice
  if (const auto* const begin_event = std::get_if<canonical::Begin>(&event.what)) return begin(*begin_event);
  const bool is_usage = std::holds_alternative<canonical::UsageReport>(event.what);
  if (!begun_ && is_usage) return;  // what is known of the prompt ahead; it comes again
  if (!begun_) begin({});
  std::visit(
      canonical::Overloaded{
          [](const canonical::Begin&) {},
          [&](const canonical::TextDelta& delta) { add_text(delta.text, delta.logprobs); },
          [&](const canonical::RefusalDelta& delta) { add_refusal(delta.text); },
          [&](const canonical::ReasoningDelta& delta) { add_reasoning(delta.text); },
          [&](const canonical::ReasoningEnd& reasoning) { end_reasoning(reasoning); },
          [&](const canonical::CallBegin& call) { begin_call(call); },
          [&](const canonical::CallDelta& delta) { add_arguments(delta); },
          [&](const canonical::CallEnd& call) { end_call(call.call); },
          [&](const canonical::Annotations& annotations) { add_annotations(*annotations.list); },
          [&](const canonical::ImageOutput& image) { add_image(*image.image); },
          [](const canonical::ServerBlock&) {},  // there is no item for what ran at another vendor
          [&](const canonical::Finish& reason) { finish(reason); },
          [&](const canonical::UsageReport& report) { progress_.usage = report.usage; },
          [&](const canonical::End&) { end(); },
          [&](const canonical::Failed& failed) { fail(*failed.error); },
      },
      event.what);
}

void Output::begin(const canonical::Begin& begin) {
  if (std::exchange(begun_, true)) return;
  head_.begin(begin);
  if (!frames_.written()) return;
  const Json started = response();
  frames_.write_response("response.created", started);
  frames_.write_response("response.in_progress", started);
}

Json Output::response() const {
  Json output = Json::array();
  for (const std::unique_ptr<OutputItem>& item : items_) output.push_back(item->json());
  return head_.object(progress_, std::move(output));
}

// ---- text and reasoning -----------------------------------------------------------------------------

void Output::add_text(std::string_view text, const Json* logprobs) {
  if (text.empty() && (logprobs == nullptr || message_ == nullptr)) return;
  if (calls_.empty()) return open_message().add_text(text, logprobs);
  const JsonBox tokens = logprobs != nullptr ? JsonBox(*logprobs) : JsonBox();
  when_calls_allow([this, tokens, kept = std::string(text)] {
    open_message().add_text(kept, tokens ? &*tokens : nullptr);
  });
}

void Output::add_refusal(std::string_view text) {
  if (text.empty()) return;
  refused_ = true;
  when_calls_allow([this, kept = std::string(text)] { open_message().add_refusal(kept); });
}

void Output::add_annotations(const Json& annotations) {
  if (message_ == nullptr && held_.empty()) return;
  when_calls_allow([this, kept = JsonBox(annotations)] {
    if (message_ != nullptr) message_->add_annotations(*kept, closed_text_);
  });
}

void Output::add_reasoning(std::string_view text) {
  if (text.empty()) return;
  if (calls_.empty()) return open_reasoning().add_text(text);
  when_calls_allow([this, kept = std::string(text)] { open_reasoning().add_text(kept); });
}

void Output::end_reasoning(const canonical::ReasoningEnd& end) {
  const bool is_proof_alone = rules_.encrypted_reasoning && (end.redacted || !end.proof.empty());
  if (!is_proof_alone && reasoning_ == nullptr && held_.empty()) return;
  when_calls_allow([this, is_proof_alone, proof = encrypted(end.vendor, end.proof, end.redacted)] {
    const bool has_text = reasoning_ != nullptr && !reasoning_->ended();
    if (has_text || is_proof_alone) open_reasoning().end(proof);
  });
}

std::string Output::encrypted(Vendor vendor, std::string_view proof, bool redacted) const {
  if (!rules_.encrypted_reasoning) return "";
  return vendor == Vendor::OpenAi ? std::string(proof) : canonical::seal(vendor, proof, redacted);
}

void Output::add_image(const Json& image) {
  std::optional<canonical::DataUrl> data = canonical::parse_data_url(text_of(members_of(image, "image_url"), "url"));
  if (!data) return;
  when_calls_allow([this, base64 = std::move(data->base64)] {
    close_content();
    add_item<ImageItem>("ig_", base64).close(kCompleted);
  });
}

// ---- calls ------------------------------------------------------------------------------------------

void Output::begin_call(const canonical::CallBegin& begin) {
  close_calls(Calls::Ended);
  // Google's proof belongs to the call, which has no place for it; the decoder finds it in front (item_decoder.h).
  const bool has_proof = !begin.google_signature.empty() && rules_.encrypted_reasoning;
  if (has_proof) end_reasoning({Vendor::Google, begin.google_signature, false});
  if (message_ != nullptr || reasoning_ != nullptr) close_content();
  const std::string id = begin.id.empty() ? canonical::make_call_id(Dialect::Responses) : std::string(begin.id);
  calls_[begin.call] = &add_item<CallItem>(begin.custom ? "ctc_" : "fc_", id, begin.name, begin.custom);
}

void Output::add_arguments(const canonical::CallDelta& delta) {
  const auto call = calls_.find(delta.call);
  if (call == calls_.end() || call->second->ended()) return;
  call->second->add_arguments(delta.arguments);
  release_held();
}

void Output::end_call(std::size_t number) {
  const auto call = calls_.find(number);
  if (call != calls_.end()) call->second->end();
  release_held();
}

void Output::when_calls_allow(std::function<void()> write) {
  held_.push_back(std::move(write));
  release_held();
}

bool Output::calls_are_complete() const {
  return std::all_of(calls_.begin(), calls_.end(), [](const auto& call) { return call.second->complete(); });
}

void Output::release_held() {
  if (held_.empty() || !calls_are_complete()) return;
  close_calls(Calls::All);
  for (const std::function<void()>& write : std::exchange(held_, {})) write();
}

// ---- opening and closing ----------------------------------------------------------------------------

template <typename Item, typename... Values>
Item& Output::add_item(std::string_view id_prefix, const Values&... values) {
  auto item = std::make_unique<Item>(frames_, head_.item_id(id_prefix, items_.size()), items_.size(), values...);
  Item& added = *item;
  items_.push_back(std::move(item));
  return added;
}

MessageItem& Output::open_message() {
  if (message_ != nullptr) return *message_;
  close_content();
  message_ = &add_item<MessageItem>("msg_");
  return *message_;
}

ReasoningItem& Output::open_reasoning() {
  if (reasoning_ != nullptr && !reasoning_->ended()) return *reasoning_;
  close_content();
  reasoning_ = &add_item<ReasoningItem>("rs_");
  return *reasoning_;
}

// Items stay open until something else comes: only then it is known whether the last one is whole (§10.4).
void Output::close_content(std::string_view status_of_last) {
  close_calls(Calls::All, status_of_last);
  for (OutputItem* const item : {static_cast<OutputItem*>(message_), static_cast<OutputItem*>(reasoning_)}) {
    if (item != nullptr) item->close(item == items_.back().get() ? status_of_last : kCompleted);
  }
  if (message_ != nullptr) closed_text_ += message_->text_length();
  message_ = nullptr;
  reasoning_ = nullptr;
}

void Output::close_calls(Calls which, std::string_view status_of_last) {
  for (auto call = calls_.begin(); call != calls_.end();) {
    CallItem* const item = call->second;
    if (which == Calls::Ended && !item->ended()) {
      ++call;
      continue;
    }
    item->close(item == items_.back().get() ? status_of_last : kCompleted);
    call = calls_.erase(call);
  }
}

// ---- the end ----------------------------------------------------------------------------------------

void Output::finish(const canonical::Finish& finish) {
  for (const auto& [number, call] : calls_) call->end();
  release_held();
  if (!finish.explanation.empty() && !refused_) add_refusal(finish.explanation);
  progress_.incomplete_reason = incomplete_reason_of(finish.reason);
  close_content(progress_.incomplete_reason.empty() ? kCompleted : kIncomplete);
}

void Output::end() {
  ended_ = true;
  release_held();
  close_content();
  progress_.status = progress_.incomplete_reason.empty() ? kCompleted : kIncomplete;
  if (frames_.written()) frames_.write_response("response." + std::string(progress_.status), response());
}

void Output::fail(const ProviderError& error) {
  ended_ = true;
  for (const std::unique_ptr<OutputItem>& item : items_) item->interrupt();
  progress_.status = "failed";
  const ErrorForm form = form_of(error.status, error, {});
  progress_.error = Json{{"code", responses_code(form)}, {"message", form.openai.message}};
  if (frames_.written()) frames_.write_response("response.failed", response());
}

}  // namespace aigw::protocol::responses
