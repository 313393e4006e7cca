// Cuts a stream of bytes into server-sent events (WHATWG HTML §9.2.6; protocols.md §2.1) without changing them.
//
// Network reads may end anywhere: inside a line end, a UTF-8 character, a field name. Lines end with CR LF,
// LF or CR. Not thread-safe; one object per stream.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aigw::http {

struct SseEvent {
  enum class Kind {
    Event,     // has data
    Comment,   // has none, or empty data: only comments, or other fields; §2.1 rule 4 ignores it
    Fragment,  // a part of an event that is larger than the splitter's limit: only `raw` is set
  };
  Kind kind = Kind::Event;
  std::string_view raw;   // the bytes as they came, up to and with the empty line that ends the event
  std::string_view name;  // the `event` field, or empty
  std::string_view data;  // `data` lines joined with LF; kPadding bytes behind it may be read
};

// Of one event, for those who need whole events (protocols.md §2.1 rule 8).
inline constexpr std::size_t kEventBytesMax = 32 * 1024 * 1024;

class SseSplitter {
 public:
  static constexpr std::size_t kPadding = 64;

  // An event that grows past `event_bytes_max` is no longer held back: its bytes come out as fragments, as they arrive.
  explicit SseSplitter(std::size_t event_bytes_max);

  // Takes the next bytes. Every event must have been taken with next() before.
  void feed(std::string_view bytes);

  // The next complete event (or fragment), or nothing until more bytes are fed.
  // Its views are valid until the next call of feed(), next() or finish().
  std::optional<SseEvent> next();

  // The end of input: an event that lacks its closing empty line still counts (§2.1 rule 4).
  std::optional<SseEvent> finish();

  // True while an event larger than the limit is on its way: the bytes so far came out as fragments.
  bool in_fragment() const;

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::optional<SseEvent> next_fragment();
  std::optional<std::string_view> next_line();
  std::size_t find_line_end();
  std::string_view without_mark(std::string_view line);
  void read_field(std::string_view line);
  SseEvent take_event();
  SseEvent take_fields();
  std::string_view take_raw(std::size_t end);
  void drop_taken();
  std::string_view view(Range range) const;

  const std::size_t event_bytes_max_;
  // The bytes of [begin_, end_) are still to be given out; kPadding or more stand behind them.
  std::string buffer_;
  std::size_t begin_ = 0;  // of the event on its way
  std::size_t end_ = 0;
  std::size_t line_begin_ = 0;  // of the first line that is not complete
  std::size_t scanned_ = 0;     // no line ends in [line_begin_, scanned_): a long line is searched once
  std::size_t next_lf_ = 0;     // no LF stands in [scanned_, next_lf_): the search stays linear where lines end with CR
  bool at_start_ = true;        // no line was read yet
  bool finished_ = false;       // a CR at the end of the input is a whole line end
  bool in_fragment_ = false;
  bool line_has_bytes_ = false;  // of a line of a fragment: bytes of it were given out already
  Range name_;                   // of the event on its way, within buffer_
  Range data_;                   // its first data line
  std::size_t data_lines_ = 0;
  std::string joined_;  // all its data lines where there are several
};

}  // namespace aigw::http
