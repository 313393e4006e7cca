#include "protocol/responses/output_items.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/alias.h"
#include "protocol/json_read.h"
#include "protocol/json_string.h"

namespace aigw::protocol::responses {
namespace {

constexpr Inside kSummary = {"summary_index", 0};

Json summary_part(std::string_view text) { return {{"type", "summary_text"}, {"text", text}}; }

// Chat nests what Responses have flat: `{"type":"url_citation","url_citation":{…}}`, and counts from the beginning of
// all text, not of the part's (`begin`).
Json flat_annotation(const Json& annotation, std::int64_t begin) {
  const std::string_view type = text_of(annotation, "type");
  const Json& inner = members_of(annotation, type);
  if (inner.empty()) return annotation;
  Json flat = {{"type", type}};
  flat.update(inner);
  for (const char* const bound : {"start_index", "end_index"}) {
    const std::optional<std::int64_t> index = integer_of(flat, bound);
    if (index) flat[bound] = std::max<std::int64_t>(*index - begin, 0);
  }
  return flat;
}

}  // namespace

OutputItem::OutputItem(Frames& frames, std::string id, std::size_t index)
    : frames_(frames, id, index), id_(std::move(id)) {}

void OutputItem::close(std::string_view status) {
  close_content();
  status_ = status;
  frames_.done(json());
}

// ---- message ----------------------------------------------------------------------------------------

MessageItem::MessageItem(Frames& frames, std::string id, std::size_t index)
    : OutputItem(frames, std::move(id), index) {
  frames_.added(json());
}

Json MessageItem::Part::json() const {
  if (refusal) return {{"type", "refusal"}, {"refusal", text}};
  Json part = {{"type", "output_text"}, {"text", text}, {"annotations", *annotations}};
  if (logprobs) part["logprobs"] = *logprobs;
  return part;
}

Json MessageItem::json() const {
  Json content = Json::array();
  for (const Part& part : parts_) content.push_back(part.json());
  return {{"id", id_},
          {"type", "message"},
          {"role", "assistant"},
          {"status", status_},
          {"content", std::move(content)}};
}

MessageItem::Part& MessageItem::open_part(bool refusal) {
  if (!parts_.empty() && parts_.back().refusal == refusal) return parts_.back();
  close_content();
  parts_.push_back(Part{refusal, "", Json::array(), {}});
  frames_.part_added("response.content_part.added", last(), parts_.back().json());
  return parts_.back();
}

void MessageItem::add_text(std::string_view text, const Json* logprobs) {
  Part& part = open_part(false);
  part.text += text;
  const Json* const tokens = logprobs != nullptr ? &items_of(*logprobs, "content") : nullptr;
  frames_.write_text("response.output_text.delta", last(), "delta", text, logprobs_member(tokens));
  if (tokens == nullptr || tokens->empty()) return;
  if (!part.logprobs) part.logprobs = Json::array();
  part.logprobs->insert(part.logprobs->end(), tokens->begin(), tokens->end());
}

void MessageItem::add_refusal(std::string_view text) {
  open_part(true).text += text;
  frames_.write_text("response.refusal.delta", last(), "delta", text);
}

std::int64_t MessageItem::text_length(std::size_t parts) const {
  std::int64_t length = 0;
  for (std::size_t i = 0; i < std::min(parts, parts_.size()); ++i) {
    if (!parts_[i].refusal) length += static_cast<std::int64_t>(canonical::count_characters(parts_[i].text));
  }
  return length;
}

void MessageItem::add_annotations(const Json& annotations, std::int64_t begin) {
  if (parts_.empty() || parts_.back().refusal || !annotations.is_array()) return;
  Json& known = *parts_.back().annotations;
  begin += text_length(parts_.size() - 1);
  for (const Json& annotation : annotations) {
    const std::string number = std::to_string(known.size());
    known.push_back(flat_annotation(annotation, begin));
    frames_.write_json("response.output_text.annotation.added", last(), "annotation", known.back(),
                       ",\"annotation_index\":" + number);
  }
}

void MessageItem::close_content() {
  if (parts_.empty()) return;
  const Part& part = parts_.back();
  if (part.refusal) {
    frames_.write_text("response.refusal.done", last(), "refusal", part.text);
  } else {
    const Json* const logprobs = part.logprobs ? &*part.logprobs : nullptr;
    frames_.write_text("response.output_text.done", last(), "text", part.text, logprobs_member(logprobs));
  }
  frames_.part_done("response.content_part.done", last(), part.json());
}

// ---- reasoning --------------------------------------------------------------------------------------

ReasoningItem::ReasoningItem(Frames& frames, std::string id, std::size_t index)
    : OutputItem(frames, std::move(id), index) {
  frames_.added(json());
}

Json ReasoningItem::json() const {
  Json item = {{"id", id_}, {"type", "reasoning"}, {"summary", Json::array()}};
  if (!text_.empty()) item["summary"].push_back(summary_part(text_));
  if (!encrypted_.empty()) item["encrypted_content"] = encrypted_;
  if (status_ == "incomplete") item["status"] = status_;  // otherwise the API does not tell one
  return item;
}

void ReasoningItem::add_text(std::string_view text) {
  if (text_.empty()) frames_.part_added("response.reasoning_summary_part.added", kSummary, summary_part(""));
  text_ += text;
  frames_.write_text("response.reasoning_summary_text.delta", kSummary, "delta", text);
}

void ReasoningItem::end(std::string encrypted) {
  encrypted_ = std::move(encrypted);
  ended_ = true;
}

void ReasoningItem::close_content() {
  if (text_.empty()) return;
  frames_.write_text("response.reasoning_summary_text.done", kSummary, "text", text_);
  frames_.part_done("response.reasoning_summary_part.done", kSummary, summary_part(text_));
}

// ---- calls ------------------------------------------------------------------------------------------

CallItem::CallItem(Frames& frames, std::string id, std::size_t index, std::string_view call_id, std::string_view name,
                   bool custom)
    : OutputItem(frames, std::move(id), index), call_id_(call_id), name_(name), custom_(custom) {
  frames_.added(json());
}

Json CallItem::json() const {
  return {{"id", id_},
          {"type", custom_ ? "custom_tool_call" : "function_call"},
          {"status", status_},
          {"call_id", call_id_},
          {"name", name_},
          {custom_ ? "input" : "arguments", arguments_}};
}

void CallItem::add_arguments(std::string_view fragment) {
  arguments_ += fragment;
  if (!custom_) scan_.feed(fragment);
  frames_.write_text(custom_ ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
                     "delta", fragment);
}

void CallItem::close_content() {
  if (custom_) return frames_.write_text("response.custom_tool_call_input.done", "input", arguments_);
  // Clients parse the arguments, those that only add up the deltas too.
  if (trim(arguments_).empty()) add_arguments("{}");
  frames_.write_text("response.function_call_arguments.done", "arguments", arguments_, ",\"name\":" + quote(name_));
}

// ---- image ------------------------------------------------------------------------------------------

ImageItem::ImageItem(Frames& frames, std::string id, std::size_t index, std::string base64)
    : OutputItem(frames, std::move(id), index), base64_(std::move(base64)) {
  frames_.added({{"id", id_}, {"type", "image_generation_call"}, {"status", status_}, {"result", nullptr}});
}

Json ImageItem::json() const {
  return {{"id", id_}, {"type", "image_generation_call"}, {"status", status_}, {"result", base64_}};
}

}  // namespace aigw::protocol::responses
