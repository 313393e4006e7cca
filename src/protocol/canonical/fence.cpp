#include "protocol/canonical/fence.h"

#include <cstddef>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/alias.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::string_view kTicks = "```";
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kHeldMax = 256;  // bytes; a fence with more blanks around it is text

bool is_language_character(char c) { return is_word_character(c) || c == '+' || c == '.' || c == '#'; }

// Bytes of the opening fence in front of `text`; 0: there is none; npos: the text is too short to tell.
std::size_t opening_length(std::string_view text) {
  std::size_t at = text.find_first_not_of(kBlank);
  if (at == std::string_view::npos) return std::string_view::npos;
  for (const char tick : kTicks) {
    if (at == text.size()) return std::string_view::npos;
    if (text[at++] != tick) return 0;
  }
  while (at < text.size() && is_language_character(text[at])) ++at;
  at = text.find_first_not_of(" \t\r", at);
  if (at == std::string_view::npos) return std::string_view::npos;
  return text[at] == '\n' ? at + 1 : 0;
}

enum class Closing { No, Partly, Whole };

// Whether `text` from here to its end is a closing fence: [[CR] LF] ``` blanks.
Closing closing_in(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '\r') {
    ++at;
    if (at < text.size() && text[at] != '\n') return Closing::No;
  }
  if (at < text.size() && text[at] == '\n') ++at;
  for (const char tick : kTicks) {
    if (at == text.size()) return Closing::Partly;
    if (text[at++] != tick) return Closing::No;
  }
  return text.find_first_not_of(kBlank, at) == std::string_view::npos ? Closing::Whole : Closing::No;
}

// `text`, which has an opening fence of so many bytes, without its fences; as it is if they do not enclose all of it.
std::string unwrapped(std::string text, std::size_t opening) {
  std::string_view inside = std::string_view(text).substr(opening);
  inside = inside.substr(0, inside.find_last_not_of(kBlank) + 1);
  if (!ends_with(inside, kTicks)) return text;
  inside.remove_suffix(kTicks.size());
  const bool closes_before = starts_with(inside, kTicks) || contains(inside, "\n```");
  if (closes_before) return text;
  if (ends_with(inside, "\n")) inside.remove_suffix(ends_with(inside, "\r\n") ? 2 : 1);
  return std::string(inside);
}

}  // namespace

std::string Fence::feed(std::string_view piece) {
  if (state_ == State::Passed) return std::string(piece);
  if (state_ == State::Inside) return feed_inside(piece);
  held_.append(piece);
  const std::size_t length = opening_length(std::string_view(held_).substr(0, kHeldMax));
  if (length == std::string::npos && held_.size() < kHeldMax) return {};
  std::string text = std::exchange(held_, {});
  if (length == 0 || length == std::string::npos) {
    state_ = State::Passed;
    return text;
  }
  state_ = State::Inside;
  opening_ = length;
  if (mode_ == Mode::Stream) return feed_inside(std::string_view(text).substr(length));
  held_ = std::move(text);
  return {};
}

std::string Fence::feed_inside(std::string_view piece) {
  if (mode_ == Mode::Whole) {
    held_.append(piece);
    return {};
  }
  std::string text = std::exchange(held_, {});
  text.append(piece);
  // The first place from which the rest may be the closing fence. Blanks and ticks alone can be of it.
  std::size_t from = text.find_last_not_of("` \t\r\n");
  from = from == std::string::npos ? 0 : from + 1;
  if (text.size() - from > kHeldMax) from = text.size() - kHeldMax;
  while (from < text.size() && closing_in(std::string_view(text).substr(from)) == Closing::No) ++from;
  held_ = text.substr(from);
  text.resize(from);
  return text;
}

std::string Fence::finish() {
  const bool is_inside = std::exchange(state_, State::Passed) == State::Inside;
  std::string rest = std::exchange(held_, {});
  if (!is_inside) return rest;
  if (mode_ == Mode::Whole) return unwrapped(std::move(rest), opening_);
  return closing_in(rest) == Closing::Whole ? std::string() : rest;
}

}  // namespace aigw::protocol::canonical
