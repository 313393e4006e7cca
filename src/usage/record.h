// One settled exchange as the journal keeps it: a line that begins with its line feed, so that whatever a torn
// write left behind ends where the next record begins.
//
//   <crc32> U <unix ms> <prompt> <completion> <flags> <duration ms> <key> {<sequence> <saved> <model> <provider>
//   <windows>}...
//
// `flags` is `-`, or letters: e estimated, x error. The last five words come once for each counter that the
// exchange counts in: its entry's, then its account's. `windows` says in which period of each window it counts,
// `<period>|<since>|<begin>|<end>`, with `;` between them: `0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800`
// (blanks of a cron as `_`, times in unix seconds, `-` for an end that never comes). So a counter can be rebuilt from
// its records alone. The checksum covers all after it; other kinds of records than `U` are for later versions.
//
// Pure functions and plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "usage/counts.h"

namespace aigw::usage {

// The period of a window that a record counts in.
struct WindowMark {
  std::string period;            // base/period.h
  std::uint64_t since = 0;       // the counter's last record (Mark::sequence) before this period
  WallTime begin;                // full seconds, like the end
  std::optional<WallTime> end;
};

// Where in the life of a counter a record stands. Exactly-once rests on `sequence`: a counter's file says which
// number it includes, and a replay skips what is not above it.
struct Mark {
  std::uint64_t sequence = 0;       // 1, 2, … over the counter's life, also across resets
  bool saved = false;               // the counter's file existed: if it is gone now, then because somebody deleted it
  std::string_view tag;             // names.h; borrowed from the counter, or from the line that was parsed
  std::vector<WindowMark> windows;  // at least one
};

struct Record {
  WallTime time;               // to the millisecond
  Used used;
  Mark own;
  std::optional<Mark> account;
};

std::string format_record(const Record& record);

// Nothing if the line (without its line feed) is torn, corrupt or of another kind. The record borrows from `line`, also its
// key, which is still written as a word (names.h).
std::optional<Record> parse_record(std::string_view line);

}  // namespace aigw::usage
