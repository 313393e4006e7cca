// Writes the events of a Responses stream as frames with consecutive sequence numbers (protocols.md §2.2, §10.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

class Frames {
 public:
  // Null: nothing is written, for whoever wants the answer alone. Outlives the frames.
  explicit Frames(std::string* out) : out_(out) {}

  bool written() const { return out_ != nullptr; }

  // `members` in pieces: what stands behind `type` and `sequence_number`, each member with a comma before it.
  void write(std::string_view type, std::initializer_list<std::string_view> members);

  void write_response(std::string_view type, const Json& response);

 private:
  std::string* out_;
  std::int64_t next_ = 0;
};

// Which part inside an item an event is about.
struct Inside {
  std::string_view name;  // `content_index`, `summary_index`
  std::size_t number = 0;
};

// The events of one item.
class ItemFrames {
 public:
  // `frames` outlives it.
  ItemFrames(Frames& frames, std::string_view item_id, std::size_t output_index);

  void added(const Json& item);
  void done(const Json& item);
  void part_added(std::string_view type, Inside inside, const Json& part) { write_json(type, inside, "part", part); }
  void part_done(std::string_view type, Inside inside, const Json& part) { write_json(type, inside, "part", part); }

  // `value` as the string `member` of an event; `more`: members behind it, each with a comma before it.
  void write_text(std::string_view type, Inside inside, std::string_view member, std::string_view value,
                  std::string_view more = {});
  // The same about the whole item.
  void write_text(std::string_view type, std::string_view member, std::string_view value, std::string_view more = {});
  void write_json(std::string_view type, Inside inside, std::string_view member, const Json& value,
                  std::string_view more = {});

 private:
  Frames* frames_;
  std::string place_;  // `,"item_id":"…","output_index":0`
  std::string output_;  // `,"output_index":0`
};

// `,"logprobs":[…]`
std::string logprobs_member(const Json* logprobs);

}  // namespace aigw::protocol::responses
