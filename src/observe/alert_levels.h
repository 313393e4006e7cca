// When a quota, a budget or a balance is worth an alert: as it reaches four fifths of its limit, and as it reaches the
// limit. Each is told once, until what is used has fallen again.
//
//   falls     with a new period; within one, below 75 % (or 95 % for the limit itself), so that what hovers about a
//             mark is told once. Falling is not told.
//   baseline  what the first round finds is not told: a gateway that restarts would repeat what is known. What a later
//             round sees for the first time counts as if nothing of it had been used before.
//
// Both marks reached between two looks are told both, so that who listens to one of them hears of it at any pace.
// For one thread. Remembers the names of the last two rounds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aigw::observe {

class AlertLevels {
 public:
  struct Reading {
    std::string name;         // of what is used up, unique
    std::int64_t used = 0;
    std::int64_t limit = 0;
    std::int64_t period = 0;  // another one for each of its periods
  };

  struct Reached {
    bool high = false;  // four fifths
    bool full = false;
  };

  // What this reading is worth telling.
  Reached read(const Reading& reading);

  // Everything was read once: what was not is forgotten.
  void end_round();

 private:
  enum class Mark { Low, High, Full };

  struct State {
    Mark mark = Mark::Low;
    std::int64_t period = 0;
    std::uint64_t round = 0;  // of its last reading
  };

  static Mark mark_of(const Reading& reading, Mark before);

  std::unordered_map<std::string, State> states_;
  std::uint64_t round_ = 0;
};

}  // namespace aigw::observe
