// Where things stand in the text of a configuration: its objects, arrays, values and comments as spans of bytes.
//
// For texts that may be broken, since they are being edited: it takes anything and makes the best of it. What is right
// is config/document.h's to say.
//
// Pure function. Whatever is nested deeper than kDepthMax (config/document.h) is in the tree as loose values of the
// level above.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::config {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;  // behind the last byte
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

struct TextNode {
  enum class Kind { Object, Array, String, Other };  // Other: numbers, true, false, null, and what is none of all
  Kind kind = Kind::Other;
  bool has_name = false;  // a member of an object
  std::string name = {};  // of a member, without quotes and escapes
  std::size_t at = 0;     // where the name begins, or the value if it has none
  Span span = {};         // of the value; of a string with its quotes
  std::string text = {};  // of a string: without quotes and escapes
  std::vector<TextNode> children = {};
};

struct TextTree {
  TextNode top;                 // its children are what stands at the top: of a sound text one object
  std::vector<Span> comments;   // in the order of the text, with their marks, without the end of the line
};

TextTree read_text_tree(std::string_view text);

}  // namespace aigw::config
