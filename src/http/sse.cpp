#include "http/sse.h"

#include <cstring>
#include <utility>

namespace aigw::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A buffer that one large event has grown beyond this is given back afterwards.
constexpr std::size_t kKeptBytes = 128 * 1024;

// Where `c` stands first in [begin, end) of `text`, or end.
std::size_t find(const std::string& text, char c, std::size_t begin, std::size_t end) {
  if (begin >= end) return end;
  const void* found = std::memchr(text.data() + begin, c, end - begin);
  return found == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

SseSplitter::SseSplitter(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

void SseSplitter::feed(std::string_view bytes) {
  drop_taken();
  const std::size_t needed = end_ + bytes.size() + kPadding;
  if (buffer_.size() < needed) buffer_.resize(needed);
  if (!bytes.empty()) std::memcpy(buffer_.data() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

std::optional<SseEvent> SseSplitter::next() {
  if (in_fragment_) return next_fragment();
  while (const std::optional<std::string_view> line = next_line()) {
    if (line->empty()) return take_event();
    read_field(*line);
  }
  if (end_ - begin_ <= event_bytes_max_) return std::nullopt;
  in_fragment_ = true;
  line_has_bytes_ = false;
  take_fields();
  return next_fragment();
}

std::optional<SseEvent> SseSplitter::finish() {
  finished_ = true;
  if (std::optional<SseEvent> event = next()) return event;
  if (begin_ == end_) return std::nullopt;
  const std::string_view rest = without_mark(view({line_begin_, end_}));
  if (!rest.empty()) read_field(rest);
  line_begin_ = end_;
  return take_event();
}

bool SseSplitter::in_fragment() const { return in_fragment_; }

// The bytes that are there of an event which is too large to be held, up to its end if that is among them.
std::optional<SseEvent> SseSplitter::next_fragment() {
  while (const std::optional<std::string_view> line = next_line()) {
    const bool has_bytes = std::exchange(line_has_bytes_, false) || !line->empty();
    if (has_bytes) continue;
    in_fragment_ = false;
    return SseEvent{SseEvent::Kind::Fragment, take_raw(line_begin_), {}, {}};
  }
  // A CR at the end stays: the LF that may follow belongs to the same line end.
  const std::size_t end = scanned_;
  if (end == begin_) return std::nullopt;
  line_has_bytes_ = line_has_bytes_ || end > line_begin_;
  line_begin_ = end;
  return SseEvent{SseEvent::Kind::Fragment, take_raw(end), {}, {}};
}

// The next line that is known to be complete, without its end.
std::optional<std::string_view> SseSplitter::next_line() {
  const std::size_t end = find_line_end();
  scanned_ = end;
  if (end == end_) return std::nullopt;
  std::size_t next = end + 1;
  if (buffer_[end] == '\r') {
    if (next == end_ && !finished_) return std::nullopt;
    if (next < end_ && buffer_[next] == '\n') ++next;
  }
  scanned_ = next;
  return without_mark(view({std::exchange(line_begin_, next), end}));
}

// Where the first CR or LF stands from scanned_ on, or end_.
std::size_t SseSplitter::find_line_end() {
  if (next_lf_ < scanned_) next_lf_ = scanned_;
  if (next_lf_ == end_ || buffer_[next_lf_] != '\n') next_lf_ = find(buffer_, '\n', next_lf_, end_);
  return find(buffer_, '\r', scanned_, next_lf_);
}

// The first line of the stream may begin with a byte order mark.
std::string_view SseSplitter::without_mark(std::string_view line) {
  if (std::exchange(at_start_, false) && line.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    line.remove_prefix(kByteOrderMark.size());
  }
  return line;
}

void SseSplitter::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  const std::size_t begin = value.empty() ? 0 : static_cast<std::size_t>(value.data() - buffer_.data());
  const Range range{begin, begin + value.size()};
  if (field == "event") name_ = range;
  if (field != "data") return;
  ++data_lines_;
  if (data_lines_ == 1) data_ = range;
  if (data_lines_ == 2) joined_.assign(view(data_));
  if (data_lines_ >= 2) joined_.append(1, '\n').append(value);
}

// The event whose lines were read.
SseEvent SseSplitter::take_event() {
  SseEvent event = take_fields();
  event.raw = take_raw(line_begin_);
  // One rule for what is large, however the bytes came in.
  if (event.raw.size() > event_bytes_max_) return SseEvent{SseEvent::Kind::Fragment, event.raw, {}, {}};
  return event;
}

// The fields that were read; those of the next event begin empty.
SseEvent SseSplitter::take_fields() {
  SseEvent event;
  event.name = view(std::exchange(name_, Range{}));
  event.data = view(std::exchange(data_, Range{}));
  if (std::exchange(data_lines_, 0) > 1) {
    const std::size_t bytes = joined_.size();
    joined_.append(kPadding, '\0');
    event.data = std::string_view(joined_).substr(0, bytes);
  }
  event.kind = event.data.empty() ? SseEvent::Kind::Comment : SseEvent::Kind::Event;
  return event;
}

std::string_view SseSplitter::take_raw(std::size_t end) { return view({std::exchange(begin_, end), end}); }

// Moves what is still to be given out to the front, and gives memory back that only a large event needed.
void SseSplitter::drop_taken() {
  const std::size_t dropped = std::exchange(begin_, 0);
  end_ -= dropped;
  line_begin_ -= dropped;
  scanned_ -= dropped;
  next_lf_ = next_lf_ > dropped ? next_lf_ - dropped : 0;
  for (Range* range : {&name_, &data_}) {
    if (range->begin == range->end) continue;
    range->begin -= dropped;
    range->end -= dropped;
  }
  if (data_lines_ == 0 && joined_.capacity() > kKeptBytes) joined_ = std::string();
  if (buffer_.capacity() > kKeptBytes && end_ < kKeptBytes / 4) {
    buffer_ = buffer_.substr(dropped, end_);
  } else if (dropped > 0) {
    std::memmove(buffer_.data(), buffer_.data() + dropped, end_);
  }
}

std::string_view SseSplitter::view(Range range) const {
  return std::string_view(buffer_).substr(range.begin, range.end - range.begin);
}

}  // namespace aigw::http
