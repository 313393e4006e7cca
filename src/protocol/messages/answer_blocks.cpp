#include "protocol/messages/answer_blocks.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/arguments.h"
#include "protocol/canonical/call_ids.h"
#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Vendor;

// Reasoning that is not Anthropic's gets an envelope as its signature, also where there is no proof (§3.6).
std::string signature_of(Vendor vendor, std::string_view proof, bool redacted) {
  if (proof.empty()) return canonical::seal(Vendor::None, {}, false);
  return vendor == Vendor::Anthropic ? std::string(proof) : canonical::seal(vendor, proof, redacted);
}

std::string id_of(const canonical::CallBegin& begin) {
  if (begin.id.empty()) return canonical::make_call_id(Dialect::Messages);
  return canonical::fit_call_id(begin.id, Dialect::Messages);
}

}  // namespace

void AnswerBlocks::take(const canonical::Event& event) {
  std::visit(canonical::Overloaded{
                 [&](const canonical::TextDelta& delta) { take_text(Block::Kind::Text, delta.text); },
                 [&](const canonical::RefusalDelta& delta) { take_text(Block::Kind::Refusal, delta.text); },
                 [&](const canonical::ReasoningDelta& delta) { take_text(Block::Kind::Thinking, delta.text); },
                 [&](const canonical::ReasoningEnd& end) { end_reasoning(end); },
                 [&](const canonical::CallBegin& begin) { begin_call(begin); },
                 [&](const canonical::CallDelta& delta) {
                   if (Block* const call = find_call(delta.call)) add_text(*call, delta.arguments);
                 },
                 [&](const canonical::CallEnd& end) {
                   if (Block* const call = find_call(end.call)) call->ended = true;
                   calls_.erase(end.call);
                 },
                 [&](const canonical::ImageOutput& output) { add_image(*output.image); },
                 [&](const canonical::ServerBlock& server) { add_whole(*server.block); },
                 [](const auto&) {}},
             event.what);
}

// A block begins only when there is something to put into it.
void AnswerBlocks::take_text(Block::Kind kind, std::string_view text) {
  if (!text.empty()) add_text(last(kind), text);
}

void AnswerBlocks::add_text(Block& block, std::string_view text) {
  block.text += text;
  if (&block != &blocks_.front()) waiting_bytes_ += text.size();
}

void AnswerBlocks::end_reasoning(const canonical::ReasoningEnd& end) {
  if (end.redacted && end.vendor == Vendor::Anthropic) {
    add_whole(Json{{"type", "redacted_thinking"}, {"data", end.proof}});
  } else if (!end.proof.empty()) {
    add_signature(signature_of(end.vendor, end.proof, end.redacted));
  } else if (!blocks_.empty() && blocks_.back().kind == Block::Kind::Thinking) {
    blocks_.back().ended = true;
  }
}

// Google signs calls, too, and a block of a call has no place for that: it becomes the proof of the reasoning in front.
void AnswerBlocks::begin_call(const canonical::CallBegin& begin) {
  if (!begin.google_signature.empty()) add_signature(signature_of(Vendor::Google, begin.google_signature, false));
  Block& block = begin_block(Block::Kind::Call);
  block.call = begin.call;
  block.id = id_of(begin);
  block.name = begin.name;
  block.custom = begin.custom;
  calls_[begin.call] = &block;
}

// Of the reasoning that is open, else of a block without text.
void AnswerBlocks::add_signature(std::string signature) {
  Block& block = last(Block::Kind::Thinking);
  block.signature = std::move(signature);
  block.ended = true;
}

// No block of an answer can hold it: a note says of what type it is, or where.
void AnswerBlocks::add_image(const Json& image) {
  std::string_view what = text_of(members_of(image, "image_url"), "url");
  if (starts_with(what, "data:")) what = what.substr(0, what.find_first_of(";,")).substr(5);
  if (what.empty()) return;
  Block& block = begin_block(Block::Kind::Text);
  add_text(block, "[image: " + std::string(what) + "]");
  block.ended = true;
}

void AnswerBlocks::add_whole(Json whole) {
  Block& block = begin_block(Block::Kind::Whole);
  block.whole = std::move(whole);
  block.ended = true;
}

Block& AnswerBlocks::last(Block::Kind kind) {
  const bool is_open = !blocks_.empty() && blocks_.back().kind == kind && !blocks_.back().ended;
  return is_open ? blocks_.back() : begin_block(kind);
}

Block& AnswerBlocks::begin_block(Block::Kind kind) {
  // Calls can go on behind other blocks; anything else ends where the next block begins.
  if (!blocks_.empty() && blocks_.back().kind != Block::Kind::Call) blocks_.back().ended = true;
  Block& block = blocks_.emplace_back();
  block.kind = kind;
  if (blocks_.size() > 1) waiting_bytes_ += sizeof(Block);
  if (kind == Block::Kind::Thinking) block.signature = signature_of(Vendor::None, {}, false);
  return block;
}

Block* AnswerBlocks::find_call(std::size_t call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : found->second;
}

void AnswerBlocks::end() {
  for (Block& block : blocks_) block.ended = true;
  calls_.clear();
}

void AnswerBlocks::pop_front() {
  Block& block = blocks_.front();
  if (block.kind == Block::Kind::Call && find_call(block.call) == &block) calls_.erase(block.call);
  blocks_.pop_front();
  if (!blocks_.empty()) waiting_bytes_ -= sizeof(Block) + blocks_.front().text.size();
}

Json start_of(const Block& block) {
  switch (block.kind) {
    case Block::Kind::Text:
    case Block::Kind::Refusal: return {{"type", "text"}, {"text", ""}};
    case Block::Kind::Thinking: return {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}};
    case Block::Kind::Call:
      return {{"type", "tool_use"}, {"id", block.id}, {"name", block.name}, {"input", Json::object()}};
    case Block::Kind::Whole: break;
  }
  return block.whole.value_or_null();
}

Json whole_block(Block&& block) {
  Json whole = start_of(block);
  switch (block.kind) {
    case Block::Kind::Text:
    case Block::Kind::Refusal: whole["text"] = std::move(block.text); break;
    case Block::Kind::Thinking:
      whole["thinking"] = std::move(block.text);
      whole["signature"] = std::move(block.signature);
      break;
    case Block::Kind::Call:
      whole["input"] = block.custom ? Json{{"input", block.text}} : canonical::completed_arguments(block.text);
      break;
    case Block::Kind::Whole: break;
  }
  return whole;
}

}  // namespace aigw::protocol::messages
