#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "protocol/canonical/arguments.h"
#include "protocol/error_conversion.h"
#include "protocol/json_string.h"
#include "protocol/messages/answer_blocks.h"
#include "protocol/messages/events.h"
#include "protocol/messages/message_frame.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

// `text` as it stands inside a JSON string.
std::string escaped(std::string_view text) {
  const std::string token = quote(text);
  return token.substr(1, token.size() - 2);
}

// Writes the first of the blocks as it grows. The others wait for it: only one may be open (§9.1), and a call is
// left open until its arguments are complete (§9.2 rule 7).
class MessageStreamEncoder : public StreamEncoder {
 public:
  explicit MessageStreamEncoder(const canonical::ReplyRules& rules) : frame_(rules.model) {}

  void take(const canonical::Event& event) override;
  std::size_t held_bytes() const override { return blocks_.waiting_bytes(); }

 private:
  void begin();
  void write_blocks();
  bool is_over(const Block& block) const;
  void write_start(const Block& block);
  void write_text(Block& block);
  void write_stop(const Block& block);
  // `value` is a token of JSON.
  void write_delta(std::string_view type, std::string_view member, std::string_view value);
  void write_ending();

  MessageFrame frame_;
  AnswerBlocks blocks_;
  bool begun_ = false;
  bool ended_ = false;
  bool is_open_ = false;             // the first block has its start
  std::size_t index_ = 0;            // of the first block
  canonical::ArgumentsScan scan_;    // what was written of its arguments
};

void MessageStreamEncoder::take(const canonical::Event& event) {
  if (ended_ || event.choice != 0) return;  // a message holds one choice
  if (const auto* const failed = std::get_if<canonical::Failed>(&event.what)) {
    ended_ = true;
    frames_ += error_frame(Dialect::Messages, form_of(0, *failed->error, {}));
    return;
  }
  frame_.take(event);
  blocks_.take(event);
  const bool is_end = std::holds_alternative<canonical::End>(event.what);
  if (is_end || std::holds_alternative<canonical::Begin>(event.what) || !blocks_.empty()) begin();
  if (is_end) blocks_.end();
  write_blocks();
  if (is_end) write_ending();
}

void MessageStreamEncoder::begin() {
  if (std::exchange(begun_, true)) return;
  frames_ += event_frame("message_start", ",\"message\":" + dump(frame_.head()));
}

void MessageStreamEncoder::write_blocks() {
  while (!blocks_.empty()) {
    Block& block = blocks_.front();
    if (!is_open_) write_start(block);
    write_text(block);
    if (!is_over(block)) return;
    write_stop(block);
    blocks_.pop_front();
    is_open_ = false;
    ++index_;
  }
}

bool MessageStreamEncoder::is_over(const Block& block) const {
  if (block.ended) return true;
  const bool others_wait = blocks_.size() > 1;
  return others_wait && scan_.complete();
}

void MessageStreamEncoder::write_start(const Block& block) {
  is_open_ = true;
  scan_ = {};
  frames_ += event_frame("content_block_start", ",\"index\":" + std::to_string(index_) +
                                                    ",\"content_block\":" + dump(start_of(block)));
  // Clients want an object; the bare text of a custom tool stands in one (§4.3).
  if (block.custom) write_delta("input_json_delta", "partial_json", quote("{\"input\":\""));
}

void MessageStreamEncoder::write_text(Block& block) {
  if (block.text.empty()) return;
  const std::string text = std::exchange(block.text, {});
  switch (block.kind) {
    case Block::Kind::Text:
    case Block::Kind::Refusal: return write_delta("text_delta", "text", quote(text));
    case Block::Kind::Thinking: return write_delta("thinking_delta", "thinking", quote(text));
    case Block::Kind::Call:
      if (!block.custom) scan_.feed(text);
      return write_delta("input_json_delta", "partial_json", quote(block.custom ? escaped(text) : text));
    case Block::Kind::Whole: return;
  }
}

void MessageStreamEncoder::write_stop(const Block& block) {
  if (block.custom) write_delta("input_json_delta", "partial_json", quote("\"}"));
  if (block.kind == Block::Kind::Thinking) write_delta("signature_delta", "signature", quote(block.signature));
  frames_ += event_frame("content_block_stop", ",\"index\":" + std::to_string(index_));
}

void MessageStreamEncoder::write_delta(std::string_view type, std::string_view member, std::string_view value) {
  std::string members = ",\"index\":" + std::to_string(index_);
  members.append(",\"delta\":{\"type\":\"").append(type).append("\",\"").append(member).append("\":");
  members.append(value).append("}");
  frames_ += event_frame("content_block_delta", members);
}

void MessageStreamEncoder::write_ending() {
  ended_ = true;
  frames_ += event_frame("message_delta",
                         ",\"delta\":" + dump(frame_.ending()) + ",\"usage\":" + dump(frame_.usage()));
  frames_ += event_frame("message_stop", "");
}

}  // namespace

std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<MessageStreamEncoder>(rules);
}

}  // namespace aigw::protocol::messages
