#include "config/masked_text.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "config/secret_rules.h"
#include "config/text_place.h"
#include "config/text_tree.h"

namespace aigw::config {
namespace {

using Names = std::vector<std::string_view>;

constexpr int kCommentDepthMax = 8;  // of comments in comments, as each `//` of a URL begins one; the rest is masked
constexpr std::string_view kWebhooks = "webhooks";

std::string literal_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A piece of the text, and what is shown there.
struct Piece {
  Span span;
  std::string shown;
};

// `text` with the pieces in place.
std::string with_pieces(std::string_view text, std::vector<Piece> pieces) {
  const auto comes_before = [](const Piece& a, const Piece& b) { return a.span.begin < b.span.begin; };
  std::sort(pieces.begin(), pieces.end(), comes_before);
  std::string result;
  std::size_t at = 0;
  for (const Piece& piece : pieces) {
    result += text.substr(at, piece.span.begin - at);
    result += piece.shown;
    at = piece.span.end;
  }
  return result += text.substr(at);
}

// What is shown of a value, as it stands in the text: with quotes.
std::string shown_literal(const TextNode& value, const Names& names, std::string_view text) {
  const std::string written(value.span.of(text));
  const bool is_string = value.kind == TextNode::Kind::String;
  // A number may be a secret, and so may a word whose quotes were forgotten, or are others.
  const bool is_literal = written == "true" || written == "false" || written == "null";
  if (!is_string && (is_literal || written.empty() || contains("{[", written.substr(0, 1)))) return written;
  const std::string& plain = is_string ? value.text : written;
  std::string shown = shown_value(names, plain);
  return shown == plain ? written : literal_of(shown);
}

std::string shown_text(std::string_view text, int comment_depth);

// What stands in a comment is shown like a text of its own, without words that look like keys.
std::string shown_comment(std::string_view comment, int depth) {
  const std::size_t begin = std::min(comment.find_first_not_of("/*"), comment.size());
  const std::string_view end_mark = starts_with(comment, "/*") && ends_with(comment, "*/") ? "*/" : "";
  const std::size_t end = std::max(begin, comment.size() - end_mark.size());
  std::string inside = shown_text(comment.substr(begin, end - begin), depth);
  std::string shown(comment.substr(0, begin));
  std::string_view rest = inside;
  constexpr std::string_view kAround = " \t\r\n\"',;:()[]{}";
  while (!rest.empty()) {
    const std::size_t word = std::min(rest.find_first_not_of(kAround), rest.size());
    shown += rest.substr(0, word);
    rest.remove_prefix(word);
    const std::size_t word_end = std::min(rest.find_first_of(kAround), rest.size());
    shown += looks_like_key(rest.substr(0, word_end)) ? kMask : rest.substr(0, word_end);
    rest.remove_prefix(word_end);
  }
  return shown += comment.substr(end);
}

void visit_values(const TextNode& node, Names& names, const std::function<void(const TextNode&, const Names&)>& visit) {
  if (node.has_name) names.push_back(node.name);
  if (node.kind == TextNode::Kind::String || node.kind == TextNode::Kind::Other) visit(node, names);
  for (const TextNode& child : node.children) visit_values(child, names, visit);
  if (node.has_name) names.pop_back();
}

std::string shown_text(std::string_view text, int comment_depth) {
  const TextTree tree = read_text_tree(text);
  std::vector<Piece> pieces;
  Names names;
  // What is around a comment's lines is not known: a "url" there may be that of a webhook.
  if (comment_depth > 0) names.push_back(kWebhooks);
  visit_values(tree.top, names, [&](const TextNode& value, const Names& path) {
    pieces.push_back({value.span, shown_literal(value, path, text)});
  });
  for (const Span& comment : tree.comments) {
    const bool is_read = comment_depth < kCommentDepthMax;
    pieces.push_back({comment, is_read ? shown_comment(comment.of(text), comment_depth + 1) : std::string(kMask)});
  }
  return with_pieces(text, std::move(pieces));
}

// ---- the way back -----------------------------------------------------------------------------------

// Something of the original by how it is shown, and where.
struct Known {
  std::string shown;
  std::string written;
};

// For each of `wanted` the number of the one in `known` that it is: where as many are shown alike in both, each of them
// is the one at the same place among them; where not, it is any of them if all are written alike, or none.
std::vector<std::optional<std::size_t>> pair_up_alike(const std::vector<std::string>& wanted,
                                                      const std::vector<Known>& known) {
  struct Alike {
    std::vector<std::size_t> known;
    bool same = true;  // they are written alike
    std::size_t wanted = 0;
    std::size_t seen = 0;
  };
  std::map<std::string_view, Alike> by_shown;
  for (std::size_t i = 0; i < known.size(); ++i) {
    Alike& alike = by_shown[known[i].shown];
    alike.known.push_back(i);
    alike.same = alike.same && known[i].written == known[alike.known.front()].written;
  }
  for (const std::string& one : wanted) ++by_shown[one].wanted;
  std::vector<std::optional<std::size_t>> pairs;
  for (const std::string& one : wanted) {
    Alike& alike = by_shown[one];
    const std::size_t nth = alike.seen++;
    if (alike.known.size() == alike.wanted) {
      pairs.emplace_back(alike.known[nth]);
    } else {
      pairs.push_back(alike.same && !alike.known.empty() ? std::optional(alike.known.front()) : std::nullopt);
    }
  }
  return pairs;
}

class Restorer {
 public:
  Restorer(std::string_view edited, std::string_view original)
      : edited_(edited), original_(original), places_(edited) {}

  Unmasked restore() {
    const TextTree edited = read_text_tree(edited_);
    const TextTree original = read_text_tree(original_);
    restore_node(edited.top, &original.top, "");
    restore_comments(edited.comments, original.comments);
    return {with_pieces(edited_, std::move(pieces_)), std::move(problems_)};
  }

 private:
  // `names_` are those of the original: what is shown there depends on them. Both have the same, where both are.
  void restore_node(const TextNode& edited, const TextNode* original, const std::string& path) {
    if (edited.has_name) names_.push_back(edited.name);
    if (edited.kind == TextNode::Kind::Object) restore_members(edited, original, path);
    if (edited.kind == TextNode::Kind::Array) restore_elements(edited, original, path);
    if (contains(edited.text, kMask)) restore_value(edited, original, path);
    if (edited.has_name) names_.pop_back();
  }

  void restore_value(const TextNode& edited, const TextNode* original, const std::string& path) {
    const std::string written(edited.span.of(edited_));
    const bool is_value = original != nullptr && original->children.empty();
    if (is_value && shown_literal(*original, names_, original_) == literal_of(edited.text)) {
      pieces_.push_back({edited.span, std::string(original->span.of(original_))});
    } else if (!is_value || original->text != edited.text) {
      add_problem(path, edited.at);
    }
  }

  void restore_members(const TextNode& edited, const TextNode* original, const std::string& path) {
    std::map<std::string_view, const TextNode*> by_name;
    if (original != nullptr) {
      for (const TextNode& child : original->children) by_name.emplace(child.name, &child);
    }
    for (const TextNode& child : edited.children) {
      const auto found = by_name.find(child.name);
      restore_node(child, found == by_name.end() ? nullptr : found->second,
                   child.has_name ? member_path(path, child.name) : path);
    }
  }

  void restore_elements(const TextNode& edited, const TextNode* original, const std::string& path) {
    static const std::vector<TextNode> kNoNodes;
    const std::vector<TextNode>& known = original == nullptr ? kNoNodes : original->children;
    const std::vector<const TextNode*> pairs = pair_up_elements(edited.children, known);
    for (std::size_t i = 0; i < edited.children.size(); ++i) {
      restore_node(edited.children[i], pairs[i], element_path(path, i));
    }
  }

  // The name of an entry, or all that is shown of it.
  std::string label_of(const TextNode& element, std::string_view text) {
    for (const TextNode& child : element.children) {
      if (child.name == "name" && child.kind == TextNode::Kind::String) return "name " + child.text;
    }
    std::string label;
    visit_values(element, names_, [&](const TextNode& value, const Names& path) {
      label += literal_of(value.name) + (contains(value.text, kMask) ? literal_of(value.text)
                                                                     : shown_literal(value, path, text));
    });
    return label;
  }

  // One entry without a name that was edited is told from what is left over, if it is the only one.
  std::vector<const TextNode*> pair_up_elements(const std::vector<TextNode>& edited,
                                                const std::vector<TextNode>& original) {
    std::vector<std::string> wanted;
    std::vector<Known> known;
    for (const TextNode& element : edited) wanted.push_back(label_of(element, edited_));
    for (const TextNode& element : original) {
      known.push_back({label_of(element, original_), std::string(element.span.of(original_))});
    }
    std::vector<const TextNode*> pairs;
    std::vector<bool> taken(original.size());
    for (const auto& pair : pair_up_alike(wanted, known)) {
      pairs.push_back(pair ? &original[*pair] : nullptr);
      if (pair) taken[*pair] = true;
    }
    const auto left = std::find(taken.begin(), taken.end(), false);
    const bool one_is_left = std::count(taken.begin(), taken.end(), false) == 1;
    if (!one_is_left || std::count(pairs.begin(), pairs.end(), nullptr) != 1) return pairs;
    const auto lone = static_cast<std::size_t>(std::find(pairs.begin(), pairs.end(), nullptr) - pairs.begin());
    const auto number = static_cast<std::size_t>(left - taken.begin());
    if (!starts_with(wanted[lone], "name ") && !starts_with(known[number].shown, "name ")) {
      pairs[lone] = &original[number];
    }
    return pairs;
  }

  void restore_comments(const std::vector<Span>& edited, const std::vector<Span>& original) {
    std::vector<std::string> wanted;
    std::vector<Known> known;
    for (const Span& comment : edited) wanted.emplace_back(comment.of(edited_));
    for (const Span& comment : original) {
      known.push_back({shown_comment(comment.of(original_), 1), std::string(comment.of(original_))});
    }
    const auto pairs = pair_up_alike(wanted, known);
    for (std::size_t i = 0; i < edited.size(); ++i) {
      if (!contains(wanted[i], kMask)) continue;
      if (pairs[i]) {
        pieces_.push_back({edited[i], known[*pairs[i]].written});
      } else {
        add_problem("", edited[i].begin);
      }
    }
  }

  void add_problem(const std::string& path, std::size_t offset) {
    problems_.push_back({path,
                         "the mask of a secret that is not known here: write the secret itself, or ${VARIABLE}",
                         places_.at(offset)});
  }

  const std::string_view edited_;
  const std::string_view original_;
  Places places_;  // in the edited text
  Names names_;
  std::vector<Piece> pieces_;
  std::vector<Problem> problems_;
};

}  // namespace

std::string masked_text(std::string_view text) { return shown_text(text, 0); }

Unmasked unmasked_text(std::string_view edited, std::string_view original) {
  return Restorer(edited, original).restore();
}

}  // namespace aigw::config
