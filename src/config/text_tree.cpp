#include "config/text_tree.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "config/document.h"

namespace aigw::config {
namespace {

constexpr std::string_view kEndsOfWords = " \t\r\n{}[]:,\"/";

std::string decoded(std::string_view literal) {
  const auto json = nlohmann::json::parse(literal, nullptr, false);
  if (json.is_string()) return json.get<std::string>();
  literal.remove_prefix(1);
  if (ends_with(literal, "\"")) literal.remove_suffix(1);
  return std::string(literal);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (starts_with(text, kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  TextTree read() {
    tree_.top.kind = TextNode::Kind::Object;
    // What is left when something is closed once too often is read all the same.
    while (!at_end()) read_members(tree_.top, 0);
    tree_.top.span = {0, text_.size()};
    return std::move(tree_);
  }

 private:
  bool at_end() {
    skip();
    return at_ == text_.size();
  }
  bool is_here(std::string_view what) const { return starts_with(text_.substr(at_), what); }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Blanks and comments.
  void skip() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      const std::size_t begin = at_;
      if (is_here("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        if (text_[at_ - 1] == '\r') --at_;
      } else if (is_here("/*")) {
        const std::size_t close = text_.find("*/", at_ + 2);
        at_ = close == std::string_view::npos ? text_.size() : close + 2;
      } else {
        return;
      }
      tree_.comments.push_back({begin, at_});
    }
  }

  // Up to the end of the object, or of the text.
  void read_members(TextNode& object, std::size_t depth) {
    while (!at_end() && !take('}')) {
      if (take(',') || take(':') || take(']')) continue;
      TextNode child;
      child.at = at_;
      if (text_[at_] == '"') {
        const Span name = string_span();
        const std::size_t comments_before = tree_.comments.size();
        if (is_value_next()) {
          child.has_name = true;
          child.name = decoded(name.of(text_));
        } else {
          at_ = name.begin;  // a value without a name: what stands behind it is read again
          tree_.comments.resize(comments_before);
        }
      }
      read_value(child, depth + 1);
      object.children.push_back(std::move(child));
    }
  }

  // Behind a name: whether a value follows. A colon that is missing is thought of.
  bool is_value_next() {
    const bool has_colon = take(':');
    if (at_end() || contains("}],:", text_.substr(at_, 1))) return false;
    return has_colon || text_[at_] == '"';
  }

  void read_elements(TextNode& array, std::size_t depth) {
    while (!at_end() && !take(']')) {
      if (take(',') || take(':') || take('}')) continue;
      TextNode child;
      child.at = at_;
      read_value(child, depth + 1);
      array.children.push_back(std::move(child));
    }
  }

  // Precondition: there is something, and it is none of `}],:`.
  void read_value(TextNode& node, std::size_t depth) {
    const std::size_t begin = at_;
    const char first = text_[at_];
    if (first == '"') {
      node.kind = TextNode::Kind::String;
      node.text = decoded(string_span().of(text_));
    } else if ((first == '{' || first == '[') && depth <= kDepthMax) {
      ++at_;
      node.kind = first == '{' ? TextNode::Kind::Object : TextNode::Kind::Array;
      if (first == '{') {
        read_members(node, depth);
      } else {
        read_elements(node, depth);
      }
    } else {
      ++at_;
      const bool is_word = !contains(kEndsOfWords, std::string_view(&first, 1));
      if (is_word) at_ = std::min(text_.find_first_of(kEndsOfWords, at_), text_.size());
    }
    node.span = {begin, at_};
  }

  // One that is not closed ends with its line.
  Span string_span() {
    const std::size_t begin = at_++;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        break;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    }
    return {begin, at_};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  TextTree tree_;
};

}  // namespace

TextTree read_text_tree(std::string_view text) { return Reader(text).read(); }

}  // namespace aigw::config
