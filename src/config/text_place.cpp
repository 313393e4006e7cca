#include "config/text_place.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "config/document.h"
#include "config/text_tree.h"

namespace aigw::config {
namespace {

using Offsets = std::unordered_map<std::string, std::size_t>;  // by path

void note_offsets(const TextNode& node, const std::string& path, Offsets& offsets) {
  offsets[path] = node.at;
  std::size_t index = 0;
  for (const TextNode& child : node.children) {
    const bool is_element = node.kind == TextNode::Kind::Array;
    if (is_element) {
      note_offsets(child, element_path(path, index++), offsets);
    } else if (child.has_name) {
      note_offsets(child, member_path(path, child.name), offsets);
    }
  }
}

// The path itself, or the longest beginning of it that stands in the text.
std::optional<std::size_t> find_offset(const Offsets& offsets, std::string_view path) {
  while (!path.empty()) {
    const auto found = offsets.find(std::string(path));
    if (found != offsets.end()) return found->second;
    const std::size_t last = path.find_last_of(".[");
    path = path.substr(0, last == std::string_view::npos ? 0 : last);
  }
  return std::nullopt;
}

// `line 3, column 5: …`, as config/syntax_error.h writes it.
std::optional<Place> place_in(std::string_view message) {
  constexpr std::string_view kLine = "line ";
  constexpr std::string_view kColumn = ", column ";
  const std::size_t comma = message.find(kColumn);
  if (!starts_with(message, kLine) || comma == std::string_view::npos) return std::nullopt;
  const auto line = parse_uint(message.substr(kLine.size(), comma - kLine.size()));
  const std::string_view rest = message.substr(comma + kColumn.size());
  const auto column = parse_uint(rest.substr(0, rest.find(':')));
  if (!line || !column) return std::nullopt;
  return Place{static_cast<std::size_t>(*line), static_cast<std::size_t>(*column)};
}

}  // namespace

Places::Places(std::string_view text) : text_(text) {}

Place Places::at(std::size_t offset) {
  if (offset < offset_ || offset_ == 0) {
    place_ = {};
    offset_ = starts_with(text_, kByteOrderMark) ? kByteOrderMark.size() : 0;
  }
  for (; offset_ < std::min(offset, text_.size()); ++offset_) {
    if (text_[offset_] == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if ((static_cast<unsigned char>(text_[offset_]) & 0xC0) != 0x80) {  // no further byte of a character
      ++place_.column;
    }
  }
  return place_;
}

void find_places(std::string_view text, std::vector<Problem>& problems) {
  if (problems.empty()) return;
  Offsets offsets;
  const TextTree tree = read_text_tree(text);
  for (const TextNode& top : tree.top.children) note_offsets(top, "", offsets);
  std::vector<std::pair<std::size_t, Problem*>> found;
  for (Problem& problem : problems) {
    if (problem.place) continue;
    if (problem.path.empty()) {
      problem.place = place_in(problem.message);
    } else if (const auto offset = find_offset(offsets, problem.path)) {
      found.emplace_back(*offset, &problem);
    }
  }
  std::sort(found.begin(), found.end());
  Places places(text);
  for (const auto& [offset, problem] : found) problem->place = places.at(offset);
}

}  // namespace aigw::config
