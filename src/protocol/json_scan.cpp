#include "protocol/json_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace aigw::protocol {
namespace {

// Where nothing of these is met, the bytes of a string go by eight at a time.
bool is_special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// True if one of the eight bytes is special. (Bit Twiddling Hacks, "Determine if a word has a zero byte" and
// "… has a byte less than n".)
bool has_special(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U, kHighs = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return ((((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word)) &
          kHighs) != 0;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The first character that is not valid. Precondition: there is one.
std::size_t first_invalid_utf8(std::string_view text) {
  constexpr std::size_t kBlock = 64 * 1024;
  std::size_t at = 0;
  while (text.size() - at > kBlock) {
    std::size_t end = at + kBlock;
    while (end > at && is_continuation(text[end])) --end;
    if (end == at || !simdjson::validate_utf8(text.data() + at, end - at)) break;
    at = end;
  }
  while (at < text.size()) {
    std::size_t length = 1;
    while (length < 5 && at + length < text.size() && is_continuation(text[at + length])) ++length;
    if (!simdjson::validate_utf8(text.data() + at, length)) break;
    at += length;
  }
  return at;
}

}  // namespace

bool JsonScan::next(JsonMember& member) {
  if (state_ == State::Before && !open()) return false;
  if (state_ == State::After || failed()) return false;
  member.comma_before = std::exchange(comma_, std::nullopt);
  if (!key(member.key)) return false;
  member.value.offset = at_;
  if (!value()) return false;
  member.value.length = at_ - member.value.offset;
  blanks();
  if (peek() == ',') comma_ = at_;
  member.comma_behind = comma_;
  if (!take(',')) return take('}') ? finish() : expected("',' or '}'");
  blanks();
  return true;
}

std::string JsonScan::message() const {
  const std::string_view before = text_.substr(0, fault_at_);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::string_view in_line = before.substr(before.rfind('\n') + 1);
  const auto column = 1 + std::count_if(in_line.begin(), in_line.end(), [](char c) { return !is_continuation(c); });
  return "Invalid JSON at byte " + std::to_string(fault_at_ + 1) + " (line " + std::to_string(line) + ", column " +
         std::to_string(column) + "): " + fault_;
}

bool JsonScan::fail(std::size_t where, std::string fault) {
  fault_at_ = where;
  fault_ = std::move(fault);
  return false;
}

// Something else stands here than what the grammar asks for.
bool JsonScan::expected(std::string_view what) {
  const std::string wanted = "expected " + std::string(what) + ", found ";
  if (at_ >= text_.size()) return fail(at_, wanted + "the end");
  const char c = text_[at_];
  if (c == '\0') return fail(at_, wanted + "a NUL byte");
  if (c < 0x20 || c > 0x7e) return fail(at_, wanted + "a character that may stand only inside a string");
  return fail(at_, wanted + '\'' + c + '\'');
}

bool JsonScan::open() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  state_ = State::Inside;
  if (!simdjson::validate_utf8(text_.data(), text_.size())) {
    return fail(first_invalid_utf8(text_), "the bytes are not valid UTF-8");
  }
  if (text_.substr(0, 3) == kByteOrderMark) return fail(0, "a byte order mark; the text must be UTF-8 without one");
  blanks();
  if (!take('{')) return expected("'{'");
  blanks();
  if (!take('}')) return true;
  return finish();
}

// Behind the closing brace only blanks may follow.
bool JsonScan::finish() {
  state_ = State::After;
  blanks();
  return at_ == text_.size() || expected("nothing behind the object's closing '}'");
}

bool JsonScan::key(Span& span) {
  span.offset = at_;
  if (peek() != '"') return expected("'\"' and a member's name");
  if (!string()) return false;
  span.length = at_ - span.offset;
  blanks();
  if (!take(':')) return expected("':' behind a member's name");
  blanks();
  return true;
}

// Walks over one value with everything inside it. Not recursive: worker threads have small stacks.
bool JsonScan::value() {
  std::bitset<kDepthMax> is_object;  // of the values that are open here; the top-level object is not among them
  Span unused;
  for (std::size_t depth = 0;;) {
    const char first = peek();
    bool has_ended = true;
    if (first == '{' || first == '[') {
      // Counted with the top-level object, which is level 1.
      if (depth + 2 > kDepthMax) return fail(at_, "nested deeper than " + std::to_string(kDepthMax) + " levels");
      ++at_;
      blanks();
      has_ended = take(first == '{' ? '}' : ']');
      if (!has_ended) is_object[depth++] = first == '{';
      if (!has_ended && first == '{' && !key(unused)) return false;
    } else if (first == '"') {
      if (!string()) return false;
    } else if (first == 't' || first == 'f' || first == 'n') {
      if (!word(first == 't' ? "true" : first == 'f' ? "false" : "null")) return false;
    } else if (!number()) {
      return false;
    }
    while (has_ended) {
      if (depth == 0) return true;
      const bool in_object = is_object[depth - 1];
      blanks();
      if (take(',')) {
        blanks();
        if (in_object && !key(unused)) return false;
        break;
      }
      if (!take(in_object ? '}' : ']')) return expected(in_object ? "',' or '}'" : "',' or ']'");
      --depth;
    }
  }
}

// Precondition: at the opening quote.
bool JsonScan::string() {
  const std::size_t begin = at_++;
  for (;;) {
    while (at_ + 8 <= text_.size() && !has_special(text_.data() + at_)) at_ += 8;
    while (at_ < text_.size() && !is_special(text_[at_])) ++at_;
    if (take('"')) return true;
    if (take('\\')) {
      if (!escape()) return false;
      continue;
    }
    if (at_ == text_.size()) {
      return fail(at_, "the text ends inside the string that begins at byte " + std::to_string(begin + 1));
    }
    if (peek() == '\0') return fail(at_, "a NUL byte inside a string");
    return fail(at_, "a control character inside a string; it must be escaped");
  }
}

// Precondition: just behind the backslash.
bool JsonScan::escape() {
  const char kind = peek();
  if (kind == 'u') {
    const std::string_view hex = text_.substr(at_ + 1, 4);
    if (hex.size() != 4 || !std::all_of(hex.begin(), hex.end(), is_hex_digit)) {
      return fail(at_ - 1, "\\u must be followed by four hexadecimal digits");
    }
    at_ += 5;
    return true;
  }
  if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
    return fail(at_ - 1, "an unknown escape; a backslash itself is written \\\\");
  }
  ++at_;
  return true;
}

bool JsonScan::number() {
  const bool negative = take('-');
  if (!is_digit(peek())) return expected(negative ? "a digit" : "a value");
  const bool leading_zero = take('0');
  if (leading_zero && is_digit(peek())) return fail(at_, "a number with a leading zero");
  if (!leading_zero && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (!take('+')) take('-');
    return digits();
  }
  return true;
}

bool JsonScan::digits() {
  if (!is_digit(peek())) return expected("a digit");
  while (is_digit(peek())) ++at_;
  return true;
}

bool JsonScan::word(std::string_view letters) {
  if (text_.substr(at_, letters.size()) != letters) return expected("a value");
  at_ += letters.size();
  return true;
}

bool JsonScan::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

void JsonScan::blanks() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

std::string_view json_kind(char first) {
  switch (first) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

std::optional<std::string> json_object_fault(std::string_view text) {
  JsonScan scan(text);
  JsonMember member;
  while (scan.next(member)) {
  }
  if (scan.failed()) return scan.message();
  return std::nullopt;
}

}  // namespace aigw::protocol
