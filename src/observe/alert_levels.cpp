#include "observe/alert_levels.h"

#include <algorithm>

namespace aigw::observe {

AlertLevels::Reached AlertLevels::read(const Reading& reading) {
  State& state = states_[reading.name];
  if (state.period != reading.period) state.mark = Mark::Low;
  const Mark before = state.mark;
  state = {mark_of(reading, before), reading.period, round_};
  if (round_ == 0) return {};
  return {before < Mark::High && state.mark >= Mark::High, before < Mark::Full && state.mark == Mark::Full};
}

void AlertLevels::end_round() {
  std::erase_if(states_, [&](const auto& entry) { return entry.second.round != round_; });
  ++round_;
}

AlertLevels::Mark AlertLevels::mark_of(const Reading& reading, Mark before) {
  const std::int64_t limit = reading.limit;
  const auto at_least = [&](std::int64_t part_off) { return reading.used >= limit - part_off; };
  const Mark reached = at_least(0) ? Mark::Full : at_least(limit / 5) ? Mark::High : Mark::Low;
  const Mark kept = at_least(limit / 20) ? Mark::Full : at_least(limit / 4) ? Mark::High : Mark::Low;
  return std::max(reached, std::min(before, kept));
}

}  // namespace aigw::observe
