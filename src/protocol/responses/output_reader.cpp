#include "protocol/responses/output_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/canonical/alias.h"
#include "protocol/json_read.h"
#include "protocol/responses/usage.h"

namespace aigw::protocol::responses {
namespace {

using canonical::FinishReason;

constexpr std::string_view kBetweenParts = "\n\n";
constexpr std::size_t kItemsMax = 4096;  // of one response; no model means more

bool is_custom(const Json& item) { return text_of(item, "type") == "custom_tool_call"; }

std::int64_t number_in(const Json& event, std::string_view form) {
  return integer_of(event, form == "summary" ? "summary_index" : "content_index").value_or(0);
}

// Chat's `logprobs`; null where there are none.
Json chat_logprobs(const Json& event) {
  const Json& tokens = items_of(event, "logprobs");
  if (tokens.empty()) return nullptr;
  Json content = Json::array();
  for (Json token : tokens) {
    if (!token.is_object()) continue;
    if (!token.contains("bytes")) token["bytes"] = nullptr;
    content.push_back(std::move(token));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

// Chat nests what Responses have flat, and counts from the beginning of all text, not of the part's (`begin`). Null for
// a kind that Chat does not have.
Json chat_annotation(const Json& annotation, std::int64_t begin) {
  if (text_of(annotation, "type") != "url_citation") return nullptr;
  Json citation = annotation;
  citation.erase("type");
  for (const char* const bound : {"start_index", "end_index"}) {
    if (const std::optional<std::int64_t> index = integer_of(citation, bound)) citation[bound] = *index + begin;
  }
  return {{"type", "url_citation"}, {"url_citation", std::move(citation)}};
}

std::string arguments_of(const Json& call) {
  const Json* const arguments = find_member(call, is_custom(call) ? "input" : "arguments");
  if (arguments == nullptr || arguments->is_null()) return "";
  return arguments->is_string() ? arguments->get<std::string>() : dump(*arguments);
}

FinishReason incomplete_reason(std::string_view word) {
  if (word == "content_filter") return FinishReason::ContentFilter;
  return word == "max_output_tokens" || word == "max_tokens" ? FinishReason::Length : FinishReason::Unknown;
}

}  // namespace

void OutputReader::begin(const Json& response) {
  begun_ = true;
  emit({canonical::Begin{text_of(response, "id"), text_of(response, "model"),
                         integer_of(response, "created_at").value_or(0), text_of(response, "service_tier"), {}}});
}

void OutputReader::take(std::string_view type, const Json& event) {
  constexpr std::string_view kPrefix = "response.";
  if (!starts_with(type, kPrefix)) return;
  type.remove_prefix(kPrefix.size());
  const bool is_delta = ends_with(type, ".delta");
  if (is_delta || ends_with(type, ".done")) {
    const std::string_view what = type.substr(0, type.rfind('.'));
    if (what == "output_item") return take_item(event, true);
    if (what == "output_text") return take_text(event, is_delta ? "delta" : "text");
    if (what == "refusal") return take_refusal(event, is_delta ? "delta" : "refusal");
    if (what == "function_call_arguments") return take_arguments(event, is_delta ? "delta" : "arguments");
    if (what == "custom_tool_call_input") return take_arguments(event, is_delta ? "delta" : "input");
    if (what == "reasoning_summary_text") return take_reasoning(event, "summary", is_delta ? "delta" : "text");
    if (what == "reasoning_text") return take_reasoning(event, "content", is_delta ? "delta" : "text");
  }
  if (type == "output_item.added") return take_item(event, false);
  if (type == "output_text.annotation.added") return take_annotation(event);
}

// ---- events -----------------------------------------------------------------------------------------

void OutputReader::take_item(const Json& event, bool is_done) {
  const Json& whole = members_of(event, "item");
  const std::optional<std::int64_t> index = integer_of(event, "output_index");
  // Some servers give each item the same place.
  Item* item = find(kind_of(whole), text_of(whole, "id"), is_done ? index : std::nullopt);
  if (item == nullptr) item = add_whole(whole, index);
  if (item == nullptr) return;
  fill(*item, whole);
  if (is_done) close(*item, text_of(whole, "encrypted_content"));
}

// A delta adds to what was told, a whole text includes it.
void OutputReader::take_text(const Json& event, std::string_view member) {
  const std::string_view value = text_of(event, member);
  Part& part = find_or_add(Kind::Message, event).parts[number_in(event, "content")];
  const std::string_view text = member == "delta" ? value : rest_of(part, value);
  if (member == "delta") part.bytes += text.size();
  if (!text.empty()) tell_text(part, text, chat_logprobs(event));
}

void OutputReader::tell_text(Part& part, std::string_view text, const Json& logprobs) {
  if (!part.begin) part.begin = text_length_;
  text_length_ += static_cast<std::int64_t>(canonical::count_characters(text));
  emit({canonical::TextDelta{text, logprobs.is_null() ? nullptr : &logprobs}});
}

void OutputReader::take_refusal(const Json& event, std::string_view member) {
  const std::string_view value = text_of(event, member);
  Part& part = find_or_add(Kind::Message, event).parts[number_in(event, "content")];
  const std::string_view text = member == "delta" ? value : rest_of(part, value);
  if (member == "delta") part.bytes += text.size();
  refused_ = true;
  if (!text.empty()) emit({canonical::RefusalDelta{text}});
}

void OutputReader::take_reasoning(const Json& event, std::string_view form, std::string_view member) {
  Item& item = find_or_add(Kind::Reasoning, event);
  const std::int64_t number = number_in(event, form);
  const std::string_view value = text_of(event, member);
  if (item.form.empty() && !value.empty()) item.form = form;
  if (item.form != form || item.ended) return;
  if (member == "delta") return add_reasoning(item, number, value);
  const auto told = item.parts.find(number);
  const std::size_t bytes = told == item.parts.end() ? 0 : told->second.bytes;
  add_reasoning(item, number, value.substr(std::min(value.size(), bytes)));
}

void OutputReader::take_arguments(const Json& event, std::string_view member) {
  Item* const item = find(Kind::Call, text_of(event, "item_id"), integer_of(event, "output_index"));
  if (item == nullptr || item->ended) return;  // the whole item comes with its `done`
  const std::string_view value = text_of(event, member);
  if (member != "delta") {
    fill_arguments(*item, value);
    return close(*item, {});
  }
  item->parts[0].bytes += value.size();
  if (!value.empty()) emit({canonical::CallDelta{item->call, value}});
}

void OutputReader::take_annotation(const Json& event) {
  const Json* const annotation = find_member(event, "annotation");
  if (annotation == nullptr) return;
  Part& part = find_or_add(Kind::Message, event).parts[number_in(event, "content")];
  ++part.annotations;
  annotate(part, *annotation);
}

// ---- items ------------------------------------------------------------------------------------------

OutputReader::Kind OutputReader::kind_of(const Json& item) {
  const std::string_view type = text_of(item, "type");
  if (type == "message") return Kind::Message;
  if (type == "reasoning") return Kind::Reasoning;
  return type == "function_call" || type == "custom_tool_call" ? Kind::Call : Kind::Other;
}

// By its id; servers that write another one into each event are told by the place.
OutputReader::Item* OutputReader::find(Kind kind, std::string_view id, std::optional<std::int64_t> index) {
  const auto same_id = std::find_if(items_.rbegin(), items_.rend(), [&](const Item& item) {
    return item.kind == kind && !id.empty() && item.id == id;
  });
  if (same_id != items_.rend()) return &*same_id;
  const auto same_place = std::find_if(items_.rbegin(), items_.rend(), [&](const Item& item) {
    return item.kind == kind && index && item.index == index;
  });
  return same_place == items_.rend() ? nullptr : &*same_place;
}

OutputReader::Item& OutputReader::find_or_add(Kind kind, const Json& event) {
  const std::string_view id = text_of(event, "item_id");
  const std::optional<std::int64_t> index = integer_of(event, "output_index");
  Item* const item = find(kind, id, index);
  return item != nullptr ? *item : add(kind, id, index);
}

OutputReader::Item& OutputReader::add(Kind kind, std::string_view id, std::optional<std::int64_t> index) {
  Item& item = items_.emplace_back();
  item.kind = kind;
  item.id = id;
  item.index = index;
  return item;
}

OutputReader::Item* OutputReader::add_whole(const Json& whole, std::optional<std::int64_t> index) {
  const Kind kind = kind_of(whole);
  const std::string_view name = text_of(whole, "name");
  if (kind == Kind::Other || (kind == Kind::Call && name.empty())) return nullptr;
  Item& item = add(kind, text_of(whole, "id"), index);
  if (kind == Kind::Call) {
    item.call = calls_++;
    item.call_id = text_of(whole, "call_id");
    emit({canonical::CallBegin{item.call, item.call_id, name, is_custom(whole), {}}});
  }
  return &item;
}

// The item that was streamed as `whole`: by an id, else as the n-th of its kind where their numbers agree, else by the
// place.
OutputReader::Item* OutputReader::find_final(const Json& whole, std::size_t position, const OfKind& of_kind) {
  const std::string_view id = text_of(whole, "id");
  const std::string_view call_id = text_of(whole, "call_id");
  for (Item* const item : of_kind.streamed) {
    if (!item->id.empty() && item->id == id) return item;
    if (!call_id.empty() && item->call_id == call_id) return item;
  }
  if (of_kind.final == of_kind.streamed.size()) return of_kind.streamed[of_kind.seen];
  return find(kind_of(whole), {}, static_cast<std::int64_t>(position));
}

// ---- filling in -------------------------------------------------------------------------------------

std::string_view OutputReader::rest_of(Part& part, std::string_view whole) {
  if (whole.size() <= part.bytes) return {};
  return whole.substr(std::exchange(part.bytes, whole.size()));
}

void OutputReader::fill(Item& item, const Json& whole) {
  if (item.kind == Kind::Call) return fill_arguments(item, arguments_of(whole));
  if (item.kind == Kind::Reasoning) return fill_reasoning(item, whole);
  std::int64_t number = 0;
  for (const Json& part : items_of(whole, "content")) fill_part(item.parts[number++], part);
}

void OutputReader::fill_part(Part& told, const Json& part) {
  if (text_of(part, "type") == "refusal") {
    refused_ = true;
    const std::string_view rest = rest_of(told, text_of(part, "refusal"));
    if (!rest.empty()) emit({canonical::RefusalDelta{rest}});
    return;
  }
  const bool is_new = told.bytes == 0;
  const std::string_view rest = rest_of(told, text_of(part, "text"));
  if (!rest.empty()) tell_text(told, rest, is_new ? chat_logprobs(part) : Json());
  const Json& annotations = items_of(part, "annotations");
  for (; told.annotations < annotations.size(); ++told.annotations) annotate(told, annotations[told.annotations]);
}

void OutputReader::annotate(const Part& part, const Json& annotation) {
  const Json list = Json::array({chat_annotation(annotation, part.begin.value_or(text_length_))});
  if (!list[0].is_null()) emit({canonical::Annotations{&list}});
}

void OutputReader::fill_reasoning(Item& item, const Json& whole) {
  if (item.ended) return;
  if (item.form.empty()) item.form = items_of(whole, "content").empty() ? "summary" : "content";
  std::int64_t number = 0;
  for (const Json& part : items_of(whole, item.form)) {
    const std::string_view text = text_of(part, "text");
    const auto told = item.parts.find(number);
    const std::size_t bytes = told == item.parts.end() ? 0 : told->second.bytes;
    add_reasoning(item, number++, text.substr(std::min(text.size(), bytes)));
  }
}

void OutputReader::add_reasoning(Item& item, std::int64_t number, std::string_view text) {
  if (text.empty()) return;
  const bool is_next_part = !item.parts.empty() && item.parts.find(number) == item.parts.end();
  if (is_next_part) emit({canonical::ReasoningDelta{kBetweenParts}});
  item.parts[number].bytes += text.size();
  emit({canonical::ReasoningDelta{text}});
}

void OutputReader::fill_arguments(Item& item, std::string_view whole) {
  if (item.ended) return;
  const std::string_view rest = rest_of(item.parts[0], whole);
  if (!rest.empty()) emit({canonical::CallDelta{item.call, rest}});
}

void OutputReader::close(Item& item, std::string_view encrypted) {
  if (std::exchange(item.ended, true)) return;
  if (item.kind == Kind::Call) emit({canonical::CallEnd{item.call}});
  if (item.kind != Kind::Reasoning || (encrypted.empty() && item.parts.empty())) return;
  const auto vendor = encrypted.empty() ? canonical::Vendor::None : canonical::Vendor::OpenAi;
  emit({canonical::ReasoningEnd{vendor, encrypted, false}});
}

// ---- the end ----------------------------------------------------------------------------------------

bool OutputReader::is_full() const { return items_.size() > kItemsMax; }

void OutputReader::fail_full() {
  const ProviderError error = {502, "The provider's answer has too many items.", "server_error", ""};
  emit({canonical::Failed{&error}});
}

void OutputReader::fill_all(const Json& output) {
  std::map<Kind, OfKind> kinds;
  for (Item& item : items_) kinds[item.kind].streamed.push_back(&item);
  for (const Json& whole : output) ++kinds[kind_of(whole)].final;
  for (std::size_t position = 0; position < output.size(); ++position) {
    const Json& whole = output[position];
    OfKind& of_kind = kinds[kind_of(whole)];
    Item* item = of_kind.streamed.empty() ? nullptr : find_final(whole, position, of_kind);
    ++of_kind.seen;
    if (item == nullptr) item = add_whole(whole, static_cast<std::int64_t>(position));
    if (item == nullptr) continue;
    fill(*item, whole);
    close(*item, text_of(whole, "encrypted_content"));
  }
}

void OutputReader::end(const Json& response) {
  const Json& output = items_of(response, "output");
  if (output.size() > kItemsMax) return fail_full();
  fill_all(output);
  for (Item& item : items_) close(item, {});
  emit({finish_of(response)});
  if (const std::optional<canonical::Usage> usage = usage_of(response)) emit({canonical::UsageReport{*usage}});
  emit({canonical::End{}});
}

canonical::Finish OutputReader::finish_of(const Json& response) const {
  const std::string_view word = text_of(members_of(response, "incomplete_details"), "reason");
  canonical::Finish finish;
  finish.native = word;
  if (!word.empty() || text_of(response, "status") == "incomplete") {
    finish.reason = incomplete_reason(word);
  } else if (calls_ > 0) {
    finish.reason = FinishReason::ToolCalls;
  } else {
    finish.reason = refused_ ? FinishReason::ContentFilter : FinishReason::Stop;
  }
  return finish;
}

}  // namespace aigw::protocol::responses
