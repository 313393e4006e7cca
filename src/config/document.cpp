#include "config/document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/syntax_error.h"

namespace aigw::config {
namespace {

// Takes the parser's events and builds the tree.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(std::string_view text, Document& document) : text_(text), document_(document) {}

  bool null() override { return place({nullptr}); }
  bool boolean(bool value) override { return place({value}); }
  // Comes for negative numbers only.
  bool number_integer(std::int64_t value) override { return place({value, value == 0 ? "-0" : std::to_string(value)}); }
  bool number_unsigned(std::uint64_t value) override {
    if (std::in_range<std::int64_t>(value)) return place({static_cast<std::int64_t>(value), std::to_string(value)});
    return place({static_cast<double>(value), std::to_string(value)});
  }
  bool number_float(double value, const std::string& written) override { return place({value, written}); }
  bool string(std::string& value) override { return place({std::move(value)}); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // never comes from a text

  bool start_object(std::size_t) override { return open({Node::Object{}}); }
  bool start_array(std::size_t) override { return open({Node::Array{}}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    Frame& frame = open_.back();
    frame.name = std::move(name);
    frame.repeated = is_repeated(frame);
    if (frame.repeated) document_.problems.push_back({path(), "this field is written twice"});
    return true;
  }

  bool parse_error(std::size_t bytes_read, const std::string&, const nlohmann::detail::exception& error) override {
    const std::size_t offset = bytes_read == 0 ? 0 : bytes_read - 1;
    document_.problems.push_back({"", explain_syntax_error(text_, offset, error.what())});
    return false;
  }

 private:
  // An object or array whose end has not come yet.
  struct Frame {
    Node node;
    std::string name;             // object: of the member that is being read
    bool repeated = false;        // object: that name was there before
    std::set<std::string> names;  // object: all names so far, once they are more than a few
  };

  // Ten thousand keys are as many small objects: a look at their members is cheaper than a tree of names.
  static bool is_repeated(Frame& frame) {
    constexpr std::size_t kFew = 16;
    const auto& members = std::get<Node::Object>(frame.node.value);
    if (members.size() < kFew) {
      return std::any_of(members.begin(), members.end(), [&](const Member& one) { return one.name == frame.name; });
    }
    if (frame.names.empty()) {
      for (const Member& member : members) frame.names.insert(member.name);
    }
    return !frame.names.insert(frame.name).second;
  }

  bool open(Node node) {
    if (open_.size() == kDepthMax) {
      document_.problems.push_back({"", "nested deeper than " + std::to_string(kDepthMax) + " levels"});
      return false;
    }
    open_.push_back({std::move(node), {}, false, {}});
    return true;
  }

  bool close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    return place(std::move(node));
  }

  bool place(Node node) {
    if (open_.empty()) {
      document_.root = std::move(node);
    } else if (auto* array = std::get_if<Node::Array>(&open_.back().node.value)) {
      array->push_back(std::move(node));
    } else if (Frame& frame = open_.back(); !frame.repeated) {
      std::get<Node::Object>(frame.node.value).push_back({frame.name, std::move(node)});
    }
    return true;
  }

  std::string path() const {
    std::string result;
    for (const Frame& frame : open_) {
      const auto* array = std::get_if<Node::Array>(&frame.node.value);
      result = array != nullptr ? element_path(result, array->size()) : member_path(result, frame.name);
    }
    return result;
  }

  std::string_view text_;
  Document& document_;
  std::vector<Frame> open_;
};

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// What would only give a puzzling syntax error.
std::optional<std::string> unreadable_text(std::string_view text) {
  if (starts_with(text, "\xFF\xFE") || starts_with(text, "\xFE\xFF")) {
    return "the file is UTF-16, it must be saved as UTF-8";
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return position_text(text, nul) + ": a NUL byte; is this really a text file?";
  }
  if (trim(text).empty()) return "the file is empty";
  return std::nullopt;
}

}  // namespace

Document parse_document(std::string_view text) {
  Document document;
  if (starts_with(text, kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto why = unreadable_text(text)) {
    document.problems.push_back({"", *why});
    return document;
  }
  constexpr bool kWholeText = true;
  constexpr bool kIgnoreComments = true;
  TreeBuilder builder(text, document);
  document.readable = nlohmann::json::sax_parse(text.begin(), text.end(), &builder,
                                                nlohmann::json::input_format_t::json, kWholeText, kIgnoreComments);
  return document;
}

std::string json_of(const Node& node) {
  if (!node.number.empty()) return node.number;
  if (const auto* flag = std::get_if<bool>(&node.value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&node.value)) return quoted(*text);
  std::string inside;
  if (const auto* array = std::get_if<Node::Array>(&node.value)) {
    for (const Node& element : *array) inside += (inside.empty() ? "" : ",") + json_of(element);
    return '[' + inside + ']';
  }
  if (const auto* object = std::get_if<Node::Object>(&node.value)) {
    for (const Member& member : *object) {
      inside += (inside.empty() ? "" : ",") + quoted(member.name) + ':' + json_of(member.value);
    }
    return '{' + inside + '}';
  }
  return "null";
}

}  // namespace aigw::config
