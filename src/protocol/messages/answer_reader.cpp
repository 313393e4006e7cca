#include "protocol/messages/answer_reader.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/alias.h"
#include "protocol/json_read.h"
#include "protocol/messages/stop_reason.h"

namespace aigw::protocol::messages {
namespace {

bool runs_at_server(std::string_view block_type) {
  return block_type == "server_tool_use" || block_type == "mcp_tool_use" || ends_with(block_type, "_tool_result");
}

// In Chat's words.
std::string_view service_tier_of(const Json& message) {
  const std::string_view tier = text_of(members_of(message, "usage"), "service_tier");
  if (tier == "standard") return "default";
  return tier == "priority" ? tier : std::string_view();
}

}  // namespace

void AnswerReader::begin(const Json& message) {
  begun_ = true;
  id_ = text_of(message, "id");
  emit({canonical::Begin{id_, text_of(message, "model"), 0, service_tier_of(message), {}}});
  note_usage(members_of(message, "usage"));
}

void AnswerReader::open(std::int64_t index, const Json& start) {
  if (!begun_) begin(Json::object());
  close(index);
  const std::string_view type = text_of(start, "type");
  Block block;
  if (type == "text") {
    open_text(block, start);
  } else if (type == "thinking") {
    open_thinking(block, start);
  } else if (type == "tool_use") {
    open_call(block, start);
  } else if (type == "redacted_thinking") {
    emit({canonical::ReasoningEnd{canonical::Vendor::Anthropic, text_of(start, "data"), true}});
    return;
  } else if (runs_at_server(type)) {
    block.kind = Block::Kind::Server;
    block.server.emplace(start);
  } else {
    return;
  }
  open_.emplace(index, std::move(block));
}

void AnswerReader::open_text(Block& block, const Json& start) {
  block.kind = Block::Kind::Text;
  block.begin = text_length_;
  block.citations = items_of(start, "citations");
  add_text(text_of(start, "text"));
}

void AnswerReader::open_thinking(Block& block, const Json& start) {
  block.kind = Block::Kind::Thinking;
  block.signature = text_of(start, "signature");
  add_reasoning(text_of(start, "thinking"));
}

void AnswerReader::open_call(Block& block, const Json& start) {
  block.kind = Block::Kind::Call;
  block.call = calls_++;
  block.input = dump(members_of(start, "input"));
  emit({canonical::CallBegin{block.call, text_of(start, "id"), text_of(start, "name"), false, {}}});
}

void AnswerReader::add(std::int64_t index, const Json& delta) {
  const auto found = open_.find(index);
  if (found == open_.end()) return;
  Block& block = found->second;
  const std::string_view type = text_of(delta, "type");
  switch (block.kind) {
    case Block::Kind::Text:
      if (type == "text_delta") add_text(text_of(delta, "text"));
      if (type == "citations_delta" && has_member(delta, "citation")) {
        block.citations->push_back(*find_member(delta, "citation"));
      }
      return;
    case Block::Kind::Thinking:
      if (type == "thinking_delta") add_reasoning(text_of(delta, "thinking"));
      if (type == "signature_delta") block.signature = text_of(delta, "signature");
      return;
    case Block::Kind::Call: {
      const std::string_view piece = type == "input_json_delta" ? text_of(delta, "partial_json") : std::string_view();
      if (piece.empty()) return;
      block.has_arguments = block.has_arguments || !trim(piece).empty();
      emit({canonical::CallDelta{block.call, piece}});
      return;
    }
    case Block::Kind::Server: block.server->add(delta);
  }
}

void AnswerReader::add_text(std::string_view text) {
  if (text.empty()) return;
  text_length_ += canonical::count_characters(text);
  emit({canonical::TextDelta{text, nullptr}});
}

void AnswerReader::add_reasoning(std::string_view text) {
  if (!text.empty()) emit({canonical::ReasoningDelta{text}});
}

void AnswerReader::close(std::int64_t index) {
  const auto found = open_.find(index);
  if (found == open_.end()) return;
  close(found->second);
  open_.erase(found);
}

void AnswerReader::close(Block& block) {
  switch (block.kind) {
    case Block::Kind::Text: return close_text(block);
    case Block::Kind::Thinking: {
      const bool is_signed = !block.signature.empty();
      const auto vendor = is_signed ? canonical::Vendor::Anthropic : canonical::Vendor::None;
      return emit({canonical::ReasoningEnd{vendor, block.signature, false}});
    }
    case Block::Kind::Call:
      if (!block.has_arguments) emit({canonical::CallDelta{block.call, block.input}});
      return emit({canonical::CallEnd{block.call}});
    case Block::Kind::Server: {
      const Json whole = std::move(*block.server).finish();
      return emit({canonical::ServerBlock{&whole}});
    }
  }
}

// Citations come before their text or behind it, and its bounds are known only now.
void AnswerReader::close_text(const Block& block) {
  Json list = Json::array();
  for (const Json& citation : *block.citations) {
    if (text_of(citation, "type") != "web_search_result_location") continue;
    list.push_back(Json{{"type", "url_citation"},
                        {"url_citation",
                         {{"url", text_of(citation, "url")},
                          {"title", text_of(citation, "title")},
                          {"start_index", block.begin},
                          {"end_index", text_length_}}}});
  }
  if (!list.empty()) emit({canonical::Annotations{&list}});
}

void AnswerReader::note_ending(const Json& delta) {
  if (const std::string_view reason = text_of(delta, "stop_reason"); !reason.empty()) stop_reason_ = reason;
  if (has_member(delta, "stop_sequence")) stop_sequence_ = text_of(delta, "stop_sequence");
  const std::string_view explanation = text_of(members_of(delta, "stop_details"), "explanation");
  if (!explanation.empty()) explanation_ = explanation;
}

void AnswerReader::end() {
  for (auto& [index, block] : open_) close(block);
  open_.clear();
  emit({canonical::Finish{finish_reason_of(stop_reason_), stop_reason_, stop_sequence_, explanation_}});
  if (const std::optional<canonical::Usage> usage = usage_.total()) emit({canonical::UsageReport{*usage}});
  emit({canonical::End{}});
}

}  // namespace aigw::protocol::messages
