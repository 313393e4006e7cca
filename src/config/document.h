// The text of a configuration file as a tree: JSON (RFC 8259) with `//` and `/* */` comments.
//
// Own tree rather than the library's, because the library silently takes the last of two fields with the same
// name. Nesting is bounded, so that copying and destroying a tree, which recurse, can't exhaust the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/problem.h"

namespace aigw::config {

struct Member;

struct Node {
  using Array = std::vector<Node>;
  using Object = std::vector<Member>;  // in the order of the file, each name once
  // A whole number that does not fit 64 bits with sign is a double.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value;
  std::string number = {};  // of a number: as it is written
};

struct Member {
  std::string name;
  Node value;
};

struct Document {
  Node root;                       // of what could be read, if there are problems
  bool readable = false;           // false: the text is no JSON, `root` says nothing
  std::vector<Problem> problems;   // a syntax error with line and column; each repeated name, the first counts
};

constexpr std::size_t kDepthMax = 64;
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A UTF-8 byte order mark is skipped (RFC 8259 section 8.1).
Document parse_document(std::string_view text);

// The node as compact JSON: the same values in the same order, numbers as they were written.
std::string json_of(const Node& node);

}  // namespace aigw::config
