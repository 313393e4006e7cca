// Takes a Markdown code fence off text that comes in pieces, where it encloses all of it (protocols.md §4.5): three
// ticks, perhaps a language, and a line end in front, three ticks behind. What does not begin so passes untouched.
//
// In a stream, whether text follows the closing fence is known when it comes; then the closing fence is text, too (the
// opening one is gone by then). There 256 bytes are held back at most. Of a whole answer, text that begins with a fence
// is held to its end, and loses both fences or none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigw::protocol::canonical {

class Fence {
 public:
  enum class Mode { Stream, Whole };

  explicit Fence(Mode mode) : mode_(mode) {}

  // The text that is certain.
  std::string feed(std::string_view piece);
  // What is left where the text ends, or is interrupted: no fence is looked for behind it.
  std::string finish();

 private:
  enum class State { Before, Inside, Passed };

  std::string feed_inside(std::string_view piece);

  Mode mode_;
  State state_ = State::Before;
  std::string held_;
  std::size_t opening_ = 0;  // bytes of the opening fence, in front of what a Whole one holds
};

}  // namespace aigw::protocol::canonical
