// The content blocks of an answer for a client of Messages, in the order in which they begin (protocols.md §8, §9):
// what goes into which block, for streams and whole answers alike.
//
// Not thread-safe; one object per answer. Whoever streams takes the first block away when it is written.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/json_box.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

struct Block {
  enum class Kind {
    Text,
    Refusal,   // a block of text of its own
    Thinking,
    Call,
    Whole,     // comes at once: redacted reasoning, server tools
  };
  Kind kind = Kind::Text;
  std::string text;       // text, reasoning or arguments
  bool ended = false;     // nothing comes any more
  std::string signature;  // of Thinking; never empty when it has ended
  std::size_t call = 0;
  std::string id;         // of a Call; fits Messages
  std::string name;
  bool custom = false;    // the arguments are bare text
  JsonBox whole;
};

class AnswerBlocks {
 public:
  // Events that are not content are passed over. Of an image there is a note in a block of text: no block of an answer
  // can hold one.
  void take(const canonical::Event& event);
  // No more events come: what is open ends.
  void end();

  bool empty() const { return blocks_.empty(); }
  std::size_t size() const { return blocks_.size(); }
  // Precondition: not empty.
  Block& front() { return blocks_.front(); }
  // Of the text in all blocks but the first, which is all that a stream writes, and of those blocks.
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  // Takes the first block away; what still comes for it is passed over.
  void pop_front();

 private:
  void take_text(Block::Kind kind, std::string_view text);
  void add_text(Block& block, std::string_view text);
  void end_reasoning(const canonical::ReasoningEnd& end);
  void begin_call(const canonical::CallBegin& begin);
  void add_signature(std::string signature);
  void add_image(const Json& image);
  void add_whole(Json whole);
  // The last block if it is of that kind and open, else a new one.
  Block& last(Block::Kind kind);
  Block& begin_block(Block::Kind kind);
  Block* find_call(std::size_t call);

  std::deque<Block> blocks_;             // references stay valid while blocks come and go at its ends
  std::map<std::size_t, Block*> calls_;  // those that are open
  std::size_t waiting_bytes_ = 0;
};

// The whole block as it stands in `content`. Precondition: it has ended.
Json whole_block(Block&& block);
// The block as its stream starts with it.
Json start_of(const Block& block);

}  // namespace aigw::protocol::messages
