#include "protocol/chat/choice_decoder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/canonical/proof.h"
#include "protocol/chat/finish_reason.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::EventSink;
using canonical::FinishReason;
using canonical::Vendor;

// The texts of OpenRouter's `reasoning_details`, of Mistral's thinking parts.
std::string joined_texts(const Json& items) {
  std::string texts;
  for (const Json& item : items) {
    texts += text_of(item, "text");
    texts += text_of(item, "summary");
  }
  return texts;
}

// The first that says something (rule 3): servers send the same text in several members.
std::string reasoning_of(const Json& message) {
  for (const char* name : {"reasoning_content", "reasoning"}) {
    if (const std::string_view text = text_of(message, name); !text.empty()) return std::string(text);
  }
  return joined_texts(items_of(message, "reasoning_details"));
}

// Log probabilities that name at least one token, or null.
const Json* logprobs_of(const Json& choice) {
  const Json& logprobs = members_of(choice, "logprobs");
  const bool is_empty = items_of(logprobs, "content").empty() && items_of(logprobs, "refusal").empty();
  return is_empty ? nullptr : &logprobs;
}

const Json& content_of(const Json& message) {
  static const Json none;
  const Json* const content = find_member(message, "content");
  return content != nullptr ? *content : none;
}

}  // namespace

void ChoiceDecoder::add_chunk(const Json& choice, EventSink& sink) {
  const Json& delta = members_of(choice, "delta");
  const std::string reasoning = reasoning_of(delta);
  add_reasoning(reasoning, sink);
  add_blocks(items_of(delta, "thinking_blocks"), !reasoning.empty(), sink);
  add_content(content_of(delta), logprobs_of(choice), sink);
  add_refusal(text_of(delta, "refusal"), sink);
  const Json& calls = items_of(delta, "tool_calls");
  const Json& function = members_of(delta, "function_call");
  if (!calls.empty() || !function.empty()) end_reasoning(sink);
  for (const Json& piece : calls) calls_.add_piece(piece, sink);
  calls_.add_function(function, sink);
  add_media(delta, sink);
  note_finish(choice);
}

void ChoiceDecoder::add_whole(const Json& choice, EventSink& sink) {
  const Json& message = members_of(choice, "message");
  const Json& blocks = items_of(message, "thinking_blocks");
  if (blocks.empty()) add_reasoning(reasoning_of(message), sink);
  add_blocks(blocks, false, sink);
  add_content(content_of(message), logprobs_of(choice), sink);
  add_refusal(text_of(message, "refusal"), sink);
  add_media(message, sink);
  const Json& calls = items_of(message, "tool_calls");
  const Json& function = members_of(message, "function_call");
  if (!calls.empty() || !function.empty()) end_reasoning(sink);
  for (const Json& call : calls) calls_.add_whole(call, sink);
  calls_.add_function(function, sink);
  note_finish(choice);
}

void ChoiceDecoder::add_reasoning(std::string_view text, EventSink& sink) {
  if (text.empty()) return;
  calls_.begin_named(sink);
  reasoning_open_ = true;
  reasoning_unproved_ = false;
  emit(sink, canonical::ReasoningDelta{text});
}

// Other gateways' and our own (§3.6). `has_text`: the delta has brought the same text as reasoning already.
void ChoiceDecoder::add_blocks(const Json& blocks, bool has_text, EventSink& sink) {
  for (const Json& block : blocks) {
    if (text_of(block, "type") == "thinking") add_thinking(block, has_text, sink);
    const std::string_view data = text_of(block, "data");
    if (text_of(block, "type") != "redacted_thinking" || data.empty()) continue;
    end_reasoning(sink);
    const canonical::Proof proof = canonical::unseal(data, Vendor::Anthropic);
    emit(sink, canonical::ReasoningEnd{proof.vendor, proof.data, true});
  }
}

// With a signature it is a whole block, whose text has been streamed before or comes now; without one it is a piece.
void ChoiceDecoder::add_thinking(const Json& block, bool has_text, EventSink& sink) {
  const std::string_view text = text_of(block, "thinking");
  const std::string_view signature = text_of(block, "signature");
  if (signature.empty()) {
    if (!has_text) add_reasoning(text, sink);
    return;
  }
  // The proof of a block that text has ended already has no place any more.
  if (!reasoning_open_ && std::exchange(reasoning_unproved_, false)) return;
  if (!reasoning_open_) add_reasoning(text, sink);
  reasoning_open_ = false;
  const canonical::Proof proof = canonical::unseal(signature, Vendor::Anthropic);
  emit(sink, canonical::ReasoningEnd{proof.vendor, proof.data, proof.redacted});
}

void ChoiceDecoder::add_content(const Json& content, const Json* logprobs, EventSink& sink) {
  if (content.is_array()) {
    for (const Json& part : content) {
      add_reasoning(joined_texts(items_of(part, "thinking")), sink);
      const Json* const text = find_member(part, "text");
      if (text != nullptr && text->is_string()) add_content(*text, std::exchange(logprobs, nullptr), sink);
    }
  }
  const std::string_view text = content.is_string() ? content.get_ref<const std::string&>() : std::string_view();
  if (text.empty() && logprobs == nullptr) return;
  if (!text.empty()) {
    end_reasoning(sink);
    calls_.begin_named(sink);
  }
  emit(sink, canonical::TextDelta{text, logprobs});
}

void ChoiceDecoder::add_refusal(std::string_view text, EventSink& sink) {
  if (text.empty()) return;
  end_reasoning(sink);
  calls_.begin_named(sink);
  refusal_ += text;
  emit(sink, canonical::RefusalDelta{text});
}

void ChoiceDecoder::add_media(const Json& message, EventSink& sink) {
  const Json& annotations = items_of(message, "annotations");
  if (!annotations.empty()) emit(sink, canonical::Annotations{&annotations});
  for (const Json& image : items_of(message, "images")) {
    if (image.is_object()) emit(sink, canonical::ImageOutput{&image});
  }
}

void ChoiceDecoder::note_finish(const Json& choice) {
  if (const std::string_view word = text_of(choice, "finish_reason"); !word.empty()) finish_ = word;
  if (const std::string_view word = text_of(choice, "native_finish_reason"); !word.empty()) native_ = word;
  // vLLM's and SGLang's names for the sequence; a number there is a token's id (§3.8 override 3).
  for (const char* name : {"stop_reason", "matched_stop"}) {
    if (const std::string_view met = text_of(choice, name); !met.empty()) stop_sequence_ = met;
  }
}

void ChoiceDecoder::end_reasoning(EventSink& sink) {
  if (!std::exchange(reasoning_open_, false)) return;
  reasoning_unproved_ = true;
  emit(sink, canonical::ReasoningEnd{});
}

bool ChoiceDecoder::finish(EventSink& sink) {
  end_reasoning(sink);
  if (!calls_.finish(sink)) return false;
  canonical::Finish finish;
  finish.reason = finish_.empty() ? FinishReason::Stop : read_finish_reason(finish_);
  finish.native = native_.empty() ? finish_ : native_;
  finish.explanation = refusal_;
  if (finish_ == "stop" && !stop_sequence_.empty()) {
    finish.reason = FinishReason::StopSequence;
    finish.stop_sequence = stop_sequence_;
  }
  emit(sink, finish);
  return true;
}

void ChoiceDecoder::emit(EventSink& sink, decltype(canonical::Event::what) what) const {
  sink.take({std::move(what), number_});
}

}  // namespace aigw::protocol::chat
