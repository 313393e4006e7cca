// One choice of a Chat provider's answer, streamed or whole, as canonical events (protocols.md §8, §9.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/chat/call_decoder.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Holds the state of a stream and the text of a refusal, nothing else of the answer.
class ChoiceDecoder {
 public:
  explicit ChoiceDecoder(std::size_t number) : number_(number), calls_(number) {}

  // An element of a chunk's `choices`.
  void add_chunk(const Json& choice, canonical::EventSink& sink);
  // An element of a whole answer's `choices`.
  void add_whole(const Json& choice, canonical::EventSink& sink);

  // Whether the provider gave a finish reason. Deltas behind it still count (rule 9).
  bool is_finished() const { return !finish_.empty(); }
  // Ends what is open and finishes the choice. False: a tool call is unusable.
  bool finish(canonical::EventSink& sink);

 private:
  void add_reasoning(std::string_view text, canonical::EventSink& sink);
  void add_blocks(const Json& blocks, bool has_text, canonical::EventSink& sink);
  void add_thinking(const Json& block, bool has_text, canonical::EventSink& sink);
  void add_content(const Json& content, const Json* logprobs, canonical::EventSink& sink);
  void add_refusal(std::string_view text, canonical::EventSink& sink);
  void add_media(const Json& message, canonical::EventSink& sink);
  void note_finish(const Json& choice);
  // What is not reasoning comes: a block of reasoning ends, without a proof.
  void end_reasoning(canonical::EventSink& sink);
  void emit(canonical::EventSink& sink, decltype(canonical::Event::what) what) const;

  const std::size_t number_;
  CallDecoder calls_;
  bool reasoning_open_ = false;
  bool reasoning_unproved_ = false;  // the latest block ended without a proof, which may still come
  std::string refusal_;
  std::string finish_;
  std::string native_;
  std::string stop_sequence_;
};

}  // namespace aigw::protocol::chat
