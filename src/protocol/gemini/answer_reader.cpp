#include "protocol/gemini/answer_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/gemini/field.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::EventSink;

constexpr Field kResponseId{"responseId", "response_id"};
constexpr Field kModel{"modelVersion", "model_version"};
constexpr Field kCandidates{"candidates", "candidates"};
constexpr Field kIndex{"index", "index"};
constexpr Field kFeedback{"promptFeedback", "prompt_feedback"};
constexpr Field kBlockReason{"blockReason", "block_reason"};
constexpr Field kBlockMessage{"blockReasonMessage", "block_reason_message"};
constexpr Field kUsage{"usageMetadata", "usage_metadata"};
constexpr Field kPromptTokens{"promptTokenCount", "prompt_token_count"};
constexpr Field kToolPromptTokens{"toolUsePromptTokenCount", "tool_use_prompt_token_count"};
constexpr Field kCachedTokens{"cachedContentTokenCount", "cached_content_token_count"};
constexpr Field kCandidateTokens{"candidatesTokenCount", "candidates_token_count"};
constexpr Field kThoughtTokens{"thoughtsTokenCount", "thoughts_token_count"};

// We never ask for more than 8.
constexpr std::size_t kChoicesMax = 64;

constexpr std::int64_t kTokensMax = 1'000'000'000'000;  // more are no count, and sums must not overflow

void note_count(const Json& usage, const Field& field, std::int64_t& count) {
  const std::optional<std::int64_t> told = integer_field(usage, field);
  if (told) count = std::clamp<std::int64_t>(*told, 0, kTokensMax);
}

}  // namespace

ProviderError broken_stream(std::string message) {
  return {502, std::move(message), "server_error", "upstream_truncated"};
}

void AnswerReader::read(const Json& object, EventSink& sink) {
  begin(object, sink);
  if (const Json& metadata = members_field(object, kUsage); !metadata.empty()) {
    read_counts(metadata);
    sink.take({canonical::UsageReport{usage()}});
  }
  const Json& feedback = members_field(object, kFeedback);
  if (const std::string_view reason = text_field(feedback, kBlockReason); !reason.empty()) {
    block_reason_ = reason;
    block_message_ = text_field(feedback, kBlockMessage);
  }
  const Json& list = items_field(object, kCandidates);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::int64_t told = integer_field(list[i], kIndex).value_or(-1);
    const std::size_t choice = told >= 0 ? static_cast<std::size_t>(told) : i;
    if (!list[i].is_object() || choice >= kChoicesMax) continue;
    candidates_.try_emplace(choice, choice).first->second.read(list[i], sink);
  }
}

void AnswerReader::begin(const Json& object, EventSink& sink) {
  if (std::exchange(begun_, true)) return;
  canonical::Begin begin;
  begin.id = text_field(object, kResponseId);
  begin.model = text_field(object, kModel);
  // Messages clients are told the size of the prompt at the beginning (§9.1).
  read_counts(members_field(object, kUsage));
  if (counts_.prompt > 0) {
    canonical::Usage known = usage();
    known.output = 0;
    known.reasoning = 0;
    sink.take({canonical::UsageReport{known}});
  }
  sink.take({begin});
}

// Chunks may lack some of the counts: each keeps its last value (§11.3).
void AnswerReader::read_counts(const Json& metadata) {
  note_count(metadata, kPromptTokens, counts_.prompt);
  note_count(metadata, kToolPromptTokens, counts_.tool_prompt);
  note_count(metadata, kCachedTokens, counts_.cached);
  note_count(metadata, kCandidateTokens, counts_.candidates);
  note_count(metadata, kThoughtTokens, counts_.thoughts);
}

canonical::Usage AnswerReader::usage() const {
  canonical::Usage sum;
  sum.prompt = counts_.prompt + counts_.tool_prompt;
  sum.cache_read = counts_.cached;
  sum.output = counts_.candidates + counts_.thoughts;
  sum.reasoning = counts_.thoughts;
  return sum;
}

// The prompt was not let through: an answer of which nothing but the refusal exists.
void AnswerReader::refuse(EventSink& sink) {
  const std::string& words = block_message_.empty() ? block_reason_ : block_message_;
  sink.take({canonical::RefusalDelta{words}});
  canonical::Finish finish;
  finish.reason = canonical::FinishReason::ContentFilter;
  finish.native = block_reason_;
  finish.explanation = words;
  sink.take({finish});
}

bool AnswerReader::is_cut() const {
  if (candidates_.empty()) return block_reason_.empty();
  return std::any_of(candidates_.begin(), candidates_.end(), [](const auto& c) { return c.second.reason().empty(); });
}

// An answer of nothing but a broken call is none: another try may give one.
std::optional<ProviderError> AnswerReader::failure() const {
  const Candidate* broken = nullptr;
  for (const auto& [choice, candidate] : candidates_) {
    if (candidate.has_content()) return std::nullopt;
    if (candidate.is_broken() && broken == nullptr) broken = &candidate;
  }
  if (broken == nullptr) return std::nullopt;
  std::string message = "The provider ended its answer with " + broken->reason() + ".";
  if (!broken->message().empty()) message = broken->message();
  return ProviderError{502, std::move(message), "server_error", ""};
}

void AnswerReader::finish(bool whole, EventSink& sink) {
  std::optional<ProviderError> error = failure();
  if (whole && candidates_.empty() && block_reason_.empty()) {
    error = ProviderError{502, "The provider's answer has no candidates.", "server_error", ""};
  }
  if (!error && is_cut()) error = broken_stream(whole ? "The provider's answer has no finish reason."
                                                        : "The provider's stream ended before the answer did.");
  if (error) return sink.take({canonical::Failed{&*error}});
  if (candidates_.empty()) refuse(sink);
  for (auto& [choice, candidate] : candidates_) candidate.finish(sink);
  sink.take({canonical::End{}});
}

}  // namespace aigw::protocol::gemini
