// Reads a message of a provider into canonical events (protocols.md §6, §7): the one machine for streams and for whole
// answers, whose blocks begin and end at once.
//
// Not thread-safe; one object per message. Holds of a block only what must be told at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"
#include "protocol/messages/block_joiner.h"
#include "protocol/messages/usage.h"

namespace aigw::protocol::messages {

class AnswerReader {
 public:
  // Who gets the events of the calls that follow. Precondition of all of them: it was said once.
  void write_to(canonical::EventSink& sink) { sink_ = &sink; }

  // The message without its content.
  void begin(const Json& message);
  // A block begins; its index may have been that of another one, which ends then.
  void open(std::int64_t index, const Json& block);
  // A delta of an open block; others, and those that do not fit the block, are ignored.
  void add(std::int64_t index, const Json& delta);
  void close(std::int64_t index);
  // What `message_delta.delta`, or the message itself, says of the end.
  void note_ending(const Json& delta);
  void note_usage(const Json& usage) { usage_.note(usage); }
  // The message is whole: blocks that are open end, then Finish, usage, End.
  void end();

  bool begun() const { return begun_; }
  const std::string& id() const { return id_; }
  bool has_stop_reason() const { return !stop_reason_.empty(); }

 private:
  struct Block {
    enum class Kind { Text, Thinking, Call, Server };
    Kind kind = Kind::Text;
    std::size_t begin = 0;              // Text: where in the answer's text, in characters
    JsonBox citations;                  // Text: an array
    std::string signature;              // Thinking
    std::size_t call = 0;               // Call
    bool has_arguments = false;         // Call: fragments came
    std::string input;                  // Call: of its start, as JSON text
    std::optional<BlockJoiner> server;  // Server: the block so far
  };

  void emit(canonical::Event event) { sink_->take(event); }
  void open_text(Block& block, const Json& start);
  void open_thinking(Block& block, const Json& start);
  void open_call(Block& block, const Json& start);
  void add_text(std::string_view text);
  void add_reasoning(std::string_view text);
  void close(Block& block);
  void close_text(const Block& block);

  canonical::EventSink* sink_ = nullptr;
  bool begun_ = false;
  std::string id_;
  std::map<std::int64_t, Block> open_;
  std::size_t text_length_ = 0;  // of all text so far, in characters
  std::size_t calls_ = 0;
  UsageCounts usage_;
  std::string stop_reason_;
  std::string stop_sequence_;
  std::string explanation_;
};

}  // namespace aigw::protocol::messages
