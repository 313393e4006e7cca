// Takes a Markdown code fence off text that comes in pieces, where it encloses all of it (protocols.md §4.5): three
// ticks, perhaps a language, and a line end in front, three ticks behind. What does not begin so passes untouched.
//
// Whether text follows the closing fence is known when it comes; then the closing fence is text, too (the opening one
// is gone by then). Holds back 256 bytes at most.
#pragma once

#include <string>
#include <string_view>

namespace aigw::protocol::canonical {

class Fence {
 public:
  // The text that is certain.
  std::string feed(std::string_view piece);
  // What is left where the text ends, or is interrupted: no fence is looked for behind it.
  std::string finish();

 private:
  enum class State { Before, Inside, Passed };

  std::string feed_inside(std::string_view piece);

  State state_ = State::Before;
  std::string held_;
};

}  // namespace aigw::protocol::canonical
