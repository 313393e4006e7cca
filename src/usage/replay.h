// Brings counters up to date from the journal, at start-up: each record counts once, in the counters that do not
// include it yet.
//
// A record without a counter's file is one of three things. The counter is new and its file had not been written:
// the record says so and counts. The file was broken and set aside: everything that the journal has counts. Or the
// file existed and is gone: somebody deleted it, which is the way to reset a counter by hand, and neither it nor what was
// settled before it counts.
//
// For one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "usage/counter.h"
#include "usage/record.h"
#include "usage/wallets.h"

namespace aigw::usage {

class Replay {
 public:
  // The counters that have a file, and the files (Counter::file) that were broken. `wallets` outlives this object.
  Replay(const std::vector<std::shared_ptr<Counter>>& counters, std::set<std::string> broken_files, Wallets& wallets);

  // Counts all good lines of a journal; those that are torn or corrupt are left out. Returns how many those were.
  std::int64_t read(std::string_view journal);

  // All counters: those from the start, and those that only the journal knew.
  std::vector<std::shared_ptr<Counter>> counters() const;

 private:
  struct Target {
    std::shared_ptr<Counter> counter;
    std::uint64_t included = 0;  // records up to this sequence don't count (again)
    bool count_all = true;       // false: only records from before its file existed
  };
  struct TagHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view tag) const { return std::hash<std::string_view>{}(tag); }
  };

  void count(const Mark& mark, const Used& used, WallTime time);
  Target& target(std::string_view tag, WallTime time);

  std::unordered_map<std::string, Target, TagHash, std::equal_to<>> targets_;  // by Counter::tag
  std::set<std::string> broken_files_;
  Wallets& wallets_;
};

}  // namespace aigw::usage
