// One settled exchange as the journal keeps it: a line that begins with its line feed, so that whatever a torn
// write left behind ends where the next record begins.
//
//   <crc32> E <unix ms> <prompt> <completion> <cached> <cost> <charge> <flags> <duration ms> <key>
//     {<sequence> <saved> <model> <provider> <windows>}... [W <owner> <sequence>]
//
// `cost` and `charge` are nano-dollars. `flags` is `-`, or letters: e estimated, x error, u of an unknown price. The
// words in braces come once for each counter that the exchange counts in: its entry's, its account's, the key's, the
// owner's. `windows` says in which period of each window it counts, `<period>|<since>|<begin>|<end>`, with `;` between
// them: `0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800` (blanks of a cron as `_`, times in unix seconds,
// `-` for an end that never comes). So a counter can be rebuilt from its records alone. `W` says whose balance is charged
// (wallets.h). The checksum covers all after it.
//
// Records of the first version, `U`, lack the words from `cached` to `charge`; they are still read. Other kinds are for
// later versions.
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

// The debit of a prepaid balance that a record stands for; its amount is the record's `charge`.
struct Debit {
  std::uint64_t sequence = 0;  // 1, 2, … over the life of the owner's balance and the key; ledger.h says which are booked
  std::string_view owner;      // as a word (names.h); borrowed like a tag
};

struct Record {
  WallTime time;               // to the millisecond
  Used used;
  std::vector<Mark> marks;     // at least one: of the entry's counter, then of the others
  std::optional<Debit> debit;
};

std::string format_record(const Record& record);

// Nothing if the line (without its line feed) is torn, corrupt or of another kind. The record borrows from `line`, also its
// key, which is still written as a word (names.h).
std::optional<Record> parse_record(std::string_view line);

}  // namespace aigw::usage
