#include "protocol/gemini/candidate.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/media.h"
#include "protocol/gemini/citations.h"
#include "protocol/gemini/field.h"
#include "protocol/gemini/logprobs.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Event;
using canonical::EventSink;
using canonical::FinishReason;
using canonical::Vendor;

constexpr Field kContent{"content", "content"};
constexpr Field kParts{"parts", "parts"};
constexpr Field kFinishReason{"finishReason", "finish_reason"};
constexpr Field kFinishMessage{"finishMessage", "finish_message"};
constexpr Field kGrounding{"groundingMetadata", "grounding_metadata"};
constexpr Field kLogprobs{"logprobsResult", "logprobs_result"};
constexpr Field kSignature{"thoughtSignature", "thought_signature"};
constexpr Field kCall{"functionCall", "function_call"};
constexpr Field kArgs{"args", "args"};
constexpr Field kBlob{"inlineData", "inline_data"};
constexpr Field kMimeType{"mimeType", "mime_type"};
constexpr Field kCode{"executableCode", "executable_code"};
constexpr Field kCodeResult{"codeExecutionResult", "code_execution_result"};

struct Reason {
  std::string_view word;
  FinishReason means;
};

// §3.8, and what came after it; other words are Unknown.
constexpr std::array kReasons = {
    Reason{"STOP", FinishReason::Stop},
    Reason{"MAX_TOKENS", FinishReason::Length},
    Reason{"SAFETY", FinishReason::ContentFilter},
    Reason{"RECITATION", FinishReason::ContentFilter},
    Reason{"BLOCKLIST", FinishReason::ContentFilter},
    Reason{"PROHIBITED_CONTENT", FinishReason::ContentFilter},
    Reason{"SPII", FinishReason::ContentFilter},
    Reason{"LANGUAGE", FinishReason::ContentFilter},
    Reason{"IMAGE_SAFETY", FinishReason::ContentFilter},
    Reason{"IMAGE_PROHIBITED_CONTENT", FinishReason::ContentFilter},
    Reason{"IMAGE_RECITATION", FinishReason::ContentFilter},
};

constexpr std::array<std::string_view, 5> kBroken = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
                                                     "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
                                                     "MISSING_THOUGHT_SIGNATURE"};

// `args` as the text that the other dialects carry.
std::string arguments_of(const Json& call) {
  const Json* const args = find_field(call, kArgs);
  if (args == nullptr) return "{}";
  return args->is_object() ? dump(*args) : dump({{"value", *args}});
}

// A fence that the text itself does not close.
std::string fence_for(std::string_view text) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

}  // namespace

void Candidate::read(const Json& candidate, EventSink& sink) {
  const Json tokens = logprobs(members_field(candidate, kLogprobs));
  logprobs_ = tokens.is_null() ? nullptr : &tokens;
  for (const Json& part : items_field(members_field(candidate, kContent), kParts)) read_part(part, sink);
  if (logprobs_ != nullptr) write_text("", sink);
  if (const std::string_view reason = text_field(candidate, kFinishReason); !reason.empty()) reason_ = reason;
  if (const std::string_view message = text_field(candidate, kFinishMessage); !message.empty()) message_ = message;
  Json list = citations(members_field(candidate, kGrounding), characters_);
  if (!list.empty()) citations_ = std::move(list);
}

void Candidate::read_part(const Json& part, EventSink& sink) {
  const std::string_view signature = text_field(part, kSignature);
  const Json& call = members_field(part, kCall);
  if (!call.empty()) return read_call(call, signature, sink);
  if (flag_of(part, "thought").value_or(false)) return read_thought(part, signature, sink);
  const std::string_view text = text_of(part, "text");
  const Json& blob = members_field(part, kBlob);
  const Json& code = members_field(part, kCode);
  const Json& result = members_field(part, kCodeResult);
  const bool says_something = !text.empty() || !blob.empty() || !code.empty() || !result.empty();
  if (!signature.empty() || (says_something && reasons_)) end_reasoning(signature, sink);
  if (!text.empty()) write_text(text, sink);
  if (!blob.empty()) read_image(blob, sink);
  if (!code.empty()) write_fenced(lower(text_of(code, "language")), text_of(code, "code"), sink);
  if (!result.empty()) write_fenced("", text_of(result, "output"), sink);
}

void Candidate::read_thought(const Json& part, std::string_view signature, EventSink& sink) {
  const std::string_view text = text_of(part, "text");
  if (!text.empty()) {
    reasons_ = true;
    sink.take({canonical::ReasoningDelta{text}, choice_});
  }
  if (!signature.empty()) end_reasoning(signature, sink);
}

// A call carries its signature itself: reasoning in front of it then has no end of its own.
void Candidate::read_call(const Json& call, std::string_view signature, EventSink& sink) {
  if (signature.empty() && reasons_) end_reasoning({}, sink);
  reasons_ = false;
  has_content_ = true;
  const std::size_t number = calls_++;
  const std::string arguments = arguments_of(call);
  canonical::CallBegin begin;
  begin.call = number;
  begin.id = text_of(call, "id");
  begin.name = text_of(call, "name");
  begin.google_signature = signature;
  sink.take({begin, choice_});
  sink.take({canonical::CallDelta{number, arguments}, choice_});
  sink.take({canonical::CallEnd{number}, choice_});
}

void Candidate::read_image(const Json& blob, EventSink& sink) {
  const std::string_view type = text_field(blob, kMimeType);
  if (!starts_with(type, "image/")) return;
  const Json image = {{"type", "image_url"},
                      {"image_url", {{"url", canonical::data_url(type, text_of(blob, "data"))}}}};
  has_content_ = true;
  sink.take({canonical::ImageOutput{&image}, choice_});
}

void Candidate::write_text(std::string_view text, EventSink& sink) {
  sink.take({canonical::TextDelta{text, std::exchange(logprobs_, nullptr)}, choice_});
  if (text.empty()) return;
  has_content_ = true;
  characters_.add(text);
  at_line_start_ = text.back() == '\n';
}

void Candidate::write_fenced(std::string_view language, std::string_view text, EventSink& sink) {
  const std::string fence = fence_for(text);
  std::string block = at_line_start_ ? "" : "\n";
  block.append(fence).append(language).append("\n").append(text);
  if (block.back() != '\n') block += '\n';
  write_text(block + fence + "\n", sink);
}

void Candidate::end_reasoning(std::string_view signature, EventSink& sink) {
  reasons_ = false;
  sink.take({canonical::ReasoningEnd{signature.empty() ? Vendor::None : Vendor::Google, signature, false}, choice_});
}

bool Candidate::is_broken() const { return std::find(kBroken.begin(), kBroken.end(), reason_) != kBroken.end(); }

FinishReason Candidate::finish_reason() const {
  const auto known = std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& r) { return r.word == reason_; });
  const FinishReason reason = known != kReasons.end() ? known->means
                              : is_broken()           ? FinishReason::Stop
                                                      : FinishReason::Unknown;
  const bool is_natural = reason == FinishReason::Stop || reason == FinishReason::Unknown;
  return is_natural && calls_ > 0 ? FinishReason::ToolCalls : reason;
}

void Candidate::finish(EventSink& sink) {
  if (reasons_) end_reasoning({}, sink);
  if (citations_) sink.take({canonical::Annotations{&*citations_}, choice_});
  canonical::Finish finish;
  finish.reason = finish_reason();
  finish.native = reason_;
  if (finish.reason == FinishReason::ContentFilter) finish.explanation = message_;
  sink.take({finish, choice_});
}

}  // namespace aigw::protocol::gemini
