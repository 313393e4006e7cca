#include "protocol/facts.h"

#include <simdjson.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "base/text.h"
#include "protocol/answer_scan.h"

namespace aigw::protocol {
namespace {

// An `error` member that stands deeper in `text` is read as if it stood at the top.
ProviderError error_of(const AnswerScan& scan, std::string_view text) {
  if (scan.error.empty()) return read_error(0, text);
  return read_error(0, "{\"error\":" + std::string(scan.error) + '}');
}

bool reads_any_json(Dialect dialect) { return !generates_text(dialect); }

// The count of an event that names all there is to know. In these dialects the prompt includes what the cache did.
TokenUpdate whole(const TokenUpdate& named) {
  const std::int64_t prompt = named.prompt.value_or(0);
  const std::int64_t read = std::min(named.cache_read.value_or(0), prompt);
  const std::int64_t written = std::min(named.cache_write.value_or(0), prompt - read);
  return {prompt - read - written, named.completion.value_or(0), read, written};
}

std::optional<TokenUpdate> usage_of(Dialect dialect, const AnswerScan& scan) {
  if (!scan.usage || dialect == Dialect::Messages) return scan.usage;
  return whole(*scan.usage);
}

// An answer that ends so is one, though it may be empty: another provider would be asked in vain, and paid.
bool may_end_empty(const AnswerScan& scan) {
  const auto is_one_of = [](std::string_view reason, std::initializer_list<std::string_view> reasons) {
    return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
  };
  return is_one_of(scan.finish_reason, {"length", "content_filter"}) ||
         is_one_of(scan.incomplete_reason, {"max_output_tokens", "content_filter"}) ||
         is_one_of(scan.stop_reason, {"max_tokens", "model_context_window_exceeded", "stop_sequence", "refusal"});
}

bool says_error(Dialect dialect, std::string_view type, const AnswerScan& scan) {
  if (!scan.error.empty() || scan.has_error_shape || type == "error" || type == "response.failed") return true;
  if (dialect == Dialect::Responses && scan.status == "failed") return true;
  if (reads_any_json(dialect)) return false;
  // OpenRouter ends a broken stream with this reason; others answer with a bare `{"message":…}` or `{"detail":…}`.
  const bool has_answer = scan.has_choices || scan.has_content || !scan.status.empty() || !type.empty() || scan.usage;
  return scan.finish_reason == "error" || (scan.has_message && !has_answer);
}

// JSON, but no object: for dialects that are not read anything will do, and Google sends errors as
// `[{"error":{…}}]`.
struct OtherJson {
  bool is_json = false;
  bool is_error = false;
};

OtherJson read_other(std::string_view text) {
  if (starts_with(trim(text), "{")) return {};  // an object that is broken; not worth a tree
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return {};
  return {true, root.at_pointer("/0/error").error() == simdjson::SUCCESS};
}

void read_chunk(const AnswerScan& scan, EventFacts& facts) {
  facts.finished = !scan.finish_reason.empty();
  facts.may_be_empty = may_end_empty(scan);
  facts.content = scan.has_content;
  facts.meaningful = facts.content || facts.finished;
  facts.usage_only = scan.has_choices && scan.choices_empty && scan.usage;
}

void read_typed_event(std::string_view type, const AnswerScan& scan, EventFacts& facts) {
  if (type == "response.completed" || type == "response.incomplete") {
    facts.done = facts.finished = facts.meaningful = true;
    facts.may_be_empty = may_end_empty(scan);
    facts.content = scan.has_content;
    return;
  }
  const bool announces = type == "response.created" || type == "response.queued" || type == "ping" ||
                         type == "keepalive" || ends_with(type, ".in_progress");
  const bool may_be_empty = ends_with(type, ".added") || ends_with(type, ".delta") || ends_with(type, ".done");
  facts.content = !announces && (scan.has_content || !may_be_empty);
  facts.meaningful = facts.content;
}

void read_message_event(std::string_view type, const AnswerScan& scan, EventFacts& facts) {
  facts.done = type == "message_stop";
  facts.finished = !scan.stop_reason.empty();
  facts.may_be_empty = may_end_empty(scan);
  facts.content = type != "ping" && scan.has_content;
  facts.meaningful = facts.content || facts.finished;
}

// In a Responses stream text that came in deltas is said again when it is complete, and must count once.
std::size_t new_text_bytes(Dialect dialect, std::string_view type, const AnswerScan& scan) {
  const bool says_it_once = dialect == Dialect::Chat || dialect == Dialect::Completions || dialect == Dialect::Messages;
  if (says_it_once || type.empty()) return scan.text_bytes;
  return ends_with(type, ".delta") && !ends_with(type, "audio.delta") ? scan.text_bytes : 0;
}

EventFacts read_other_event(Dialect dialect, std::string_view name, std::string_view data) {
  EventFacts facts;
  const OtherJson other = read_other(data);
  facts.parsed = facts.meaningful = facts.content = other.is_json && reads_any_json(dialect);
  if (other.is_error || name == "error") facts.error = read_error(0, data);
  return facts;
}

}  // namespace

EventFacts read_event(Dialect dialect, std::string_view name, std::string_view data) {
  EventFacts facts;
  if (trim(data) == "[DONE]") {
    facts.ignored = dialect == Dialect::Responses || dialect == Dialect::Messages;
    facts.done = !facts.ignored;
    return facts;
  }
  const AnswerScan scan = scan_answer(data);
  if (!scan.is_object) return read_other_event(dialect, name, data);
  // The type inside the data is the authority (protocols.md §2.1 rule 5).
  const std::string_view type = scan.type.empty() ? name : scan.type;
  facts.parsed = true;
  facts.usage = usage_of(dialect, scan);
  facts.text_bytes = new_text_bytes(dialect, type, scan);
  facts.sequence_number = scan.sequence_number;
  switch (dialect) {
    case Dialect::Chat:
    case Dialect::Completions:
      read_chunk(scan, facts);
      break;
    case Dialect::Responses:
      read_typed_event(type, scan, facts);
      break;
    case Dialect::Messages:
      read_message_event(type, scan, facts);
      break;
    case Dialect::Gemini:
    case Dialect::TokenCount:
    case Dialect::Embeddings:
    case Dialect::Plain:
      facts.meaningful = facts.content = true;
      break;
  }
  if (name != "error" && !says_error(dialect, type, scan)) return facts;
  facts.error = error_of(scan, data);
  facts.done = dialect == Dialect::Responses || dialect == Dialect::Messages;
  return facts;
}

AnswerFacts read_answer(Dialect dialect, std::string& body) {
  body.reserve(body.size() + kPadding);
  AnswerFacts facts;
  const AnswerScan scan = scan_answer(body);
  if (!scan.is_object) {
    const OtherJson other = read_other(body);
    facts.parsed = other.is_json;
    facts.empty = !reads_any_json(dialect);
    if (other.is_error) facts.error = read_error(0, body);
    return facts;
  }
  facts.parsed = true;
  if (const auto usage = usage_of(dialect, scan)) facts.usage = updated(std::nullopt, *usage);
  facts.text_bytes = scan.text_bytes;
  if (says_error(dialect, scan.type, scan)) facts.error = error_of(scan, body);
  // A background response is asked for later.
  const bool is_pending = dialect == Dialect::Responses && (scan.status == "queued" || scan.status == "in_progress");
  facts.empty = !reads_any_json(dialect) && !scan.has_content && !may_end_empty(scan) && !is_pending;
  return facts;
}

TokenCount updated(const std::optional<TokenCount>& known, const TokenUpdate& update) {
  TokenCount count = known.value_or(TokenCount{});
  const std::int64_t rest = update.prompt.value_or(count.prompt - count.cache_read - count.cache_write);
  count.cache_read = update.cache_read.value_or(count.cache_read);
  count.cache_write = update.cache_write.value_or(count.cache_write);
  count.prompt = rest + count.cache_read + count.cache_write;
  count.completion = update.completion.value_or(count.completion);
  return count;
}

}  // namespace aigw::protocol
