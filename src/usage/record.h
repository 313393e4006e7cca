// One settled exchange as the journal keeps it: a line that begins with its line feed, so that whatever a torn
// write left behind ends where the next record begins.
//
//   <crc32> U <unix ms> <prompt> <completion> <flags> {<sequence> <period> <saved> <model> <provider>}...
//
// `flags` is `-`, or letters: e estimated, x error. The last five words come once for each counter that the
// exchange counts in: its entry's, then its account's. The checksum covers all after it; other kinds of records
// than `U` are for later versions.
//
// Pure functions and plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "usage/counters.h"

namespace aigw::usage {

// Where in the life of a counter a record stands. Exactly-once rests on `sequence`: a counter's file says which
// number it includes, and a replay skips what is not above it.
struct Mark {
  std::uint64_t sequence = 0;  // 1, 2, … over the counter's life, also across resets
  std::uint64_t period = 0;    // how many resets came before
  bool saved = false;          // the counter's file existed: if it is gone now, then because somebody deleted it
  std::string_view tag;        // names.h; borrowed from the counter, or from the line that was parsed
};

struct Record {
  WallTime time;               // to the millisecond
  Used used;
  Mark own;
  std::optional<Mark> account;
};

std::string format_record(const Record& record);

// Nothing if the line (without its line feed) is torn, corrupt or of another kind. The record borrows from `line`.
std::optional<Record> parse_record(std::string_view line);

}  // namespace aigw::usage
