#include "protocol/canonical/arguments.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/envelope.h"
#include "protocol/json_scan.h"

namespace aigw::protocol::canonical {
namespace {

bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The whole text as one JSON value, nothing if it is none.
std::optional<Json> parse_value(std::string_view text) {
  // The limits on depth and members are those of a whole object. Wrapped in one, `1,"b":2` would be right too.
  const std::string object = "{\"value\":" + std::string(text) + '}';
  JsonScan scan(object);
  JsonMember member;
  if (!scan.next(member) || scan.next(member)) return std::nullopt;
  Result<Json> tree = parse_object(object);
  if (!tree) return std::nullopt;
  return std::move(tree->at("value"));
}

Json wrapped(Json value) {
  if (value.is_object()) return value;
  Json object = Json::object();
  object["value"] = std::move(value);
  return object;
}

// Reads as much of a JSON object as is right, and remembers where it can be cut so that only closing is missing.
class Completion {
 public:
  explicit Completion(std::string_view text) : text_(text) {}

  // The longest prefix that completes to an object, completed; "" if there is none.
  std::string run() {
    skip_blanks();
    if (peek() != '{') return "";
    while (step()) skip_blanks();
    if (cut_ == 0) return "";
    std::string completed(text_.substr(0, cut_));
    if (cut_in_string_) completed += '"';
    completed.append(closers_.rbegin(), closers_.rend());
    return completed;
  }

 private:
  enum class Expect { Value, ValueOrEnd, Key, KeyOrEnd, Colon, CommaOrEnd };

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool is_digit(std::size_t ahead = 0) const { return peek(ahead) >= '0' && peek(ahead) <= '9'; }

  void skip_blanks() {
    while (is_json_blank(peek())) ++at_;
  }

  // Up to here the text is right but for what must be closed. Nothing is opened or closed between two such places.
  void mark_cut(bool in_string = false) {
    cut_ = at_;
    cut_in_string_ = in_string;
  }

  void after_value() {
    mark_cut();
    expect_ = Expect::CommaOrEnd;
  }

  // One token; false where the text ends, goes wrong, or the object is complete.
  bool step() {
    const char c = peek();
    const bool may_end = expect_ == Expect::KeyOrEnd || expect_ == Expect::ValueOrEnd || expect_ == Expect::CommaOrEnd;
    if (may_end && !closers_.empty() && c == closers_.back()) return close();
    switch (expect_) {
      case Expect::Value:
      case Expect::ValueOrEnd: return value(c);
      case Expect::Key:
      case Expect::KeyOrEnd: return c == '"' && string(false);
      case Expect::Colon: return c == ':' && go_on(Expect::Value);
      case Expect::CommaOrEnd: return c == ',' && go_on(closers_.back() == '}' ? Expect::Key : Expect::Value);
    }
    return false;
  }

  bool go_on(Expect next) {
    ++at_;
    expect_ = next;
    return true;
  }

  bool close() {
    ++at_;
    closers_.pop_back();
    after_value();
    return !closers_.empty();
  }

  bool value(char c) {
    if (c == '{') return open('}', Expect::KeyOrEnd);
    if (c == '[') return open(']', Expect::ValueOrEnd);
    if (c == '"') return string(true);
    if (c == '-' || is_digit()) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!starts_with(text_.substr(at_), word)) continue;
      at_ += word.size();
      after_value();
      return true;
    }
    return false;
  }

  bool open(char closer, Expect next) {
    if (closers_.size() == kDepthMax) return false;
    closers_ += closer;
    go_on(next);
    mark_cut();
    return true;
  }

  bool string(bool is_value) {
    ++at_;
    for (;;) {
      if (is_value) mark_cut(true);
      if (peek() == '"') break;
      if (!character()) return false;
    }
    ++at_;
    if (is_value) {
      after_value();
    } else {
      expect_ = Expect::Colon;
    }
    return true;
  }

  // Of a string; false where it ends unfinished or is no JSON.
  bool character() {
    std::size_t length = 1;
    if (peek() == '\\') {
      length = escape_length();
    } else {
      const auto first = static_cast<unsigned char>(peek());
      if (first < 0x20) return false;
      if (first >= 0xC0) length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    }
    if (length == 0 || at_ + length > text_.size()) return false;
    at_ += length;
    return true;
  }

  // 0 where it is cut off or wrong. Halves of a surrogate pair count as one escape.
  std::size_t escape_length() const {
    if (peek(1) != 'u') return std::string_view("\"\\/bfnrt").find(peek(1)) == std::string_view::npos ? 0 : 2;
    const std::optional<unsigned> code = hex4(2);
    if (!code || (*code >= 0xDC00 && *code < 0xE000)) return 0;
    if (*code < 0xD800 || *code >= 0xE000) return 6;
    const std::optional<unsigned> low = peek(6) == '\\' && peek(7) == 'u' ? hex4(8) : std::nullopt;
    return low && *low >= 0xDC00 && *low < 0xE000 ? 12 : 0;
  }

  std::optional<unsigned> hex4(std::size_t ahead) const {
    unsigned value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(lower_of(peek(ahead + i)));
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
  }

  static char lower_of(char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; }

  void skip_digits() {
    while (is_digit()) ++at_;
  }

  // As much of it as is a number: `1.` and `1e` are a 1.
  bool number() {
    if (peek() == '-') ++at_;
    if (!is_digit()) return false;
    if (peek() == '0') {
      ++at_;
    } else {
      skip_digits();
    }
    if (peek() == '.' && is_digit(1)) {
      ++at_;
      skip_digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(1 + sign)) {
        at_ += 1 + sign;
        skip_digits();
      }
    }
    after_value();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Expect expect_ = Expect::Value;
  std::string closers_;  // of what is open, the outermost first
  std::size_t cut_ = 0;
  bool cut_in_string_ = false;
};

}  // namespace

Json arguments_object(std::string_view arguments) {
  if (trim(arguments).empty()) return Json::object();
  if (std::optional<Json> value = parse_value(arguments)) return wrapped(std::move(*value));
  Json raw = Json::object();
  raw["_raw"] = std::string(arguments);
  return raw;
}

Json completed_arguments(std::string_view arguments) {
  if (trim(arguments).empty()) return Json::object();
  if (std::optional<Json> value = parse_value(arguments)) return wrapped(std::move(*value));
  const std::string completed = Completion(arguments).run();
  std::optional<Json> object = completed.empty() ? std::nullopt : parse_value(completed);
  return object ? std::move(*object) : Json::object();
}

void ArgumentsScan::feed(std::string_view fragment) {
  for (const char c : fragment) {
    if (complete_) return;
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
        complete_ = depth_ == 0;
      }
      continue;
    }
    begun_ = begun_ || !is_json_blank(c);
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && depth_ > 0) complete_ = --depth_ == 0;
  }
}

}  // namespace aigw::protocol::canonical
