#include "gateway/waiting.h"

#include <algorithm>
#include <utility>

namespace aigw::gateway {

bool Waiting::wait(const std::vector<usage::RateShortage>& shortages, SteadyTime deadline) {
  const SteadyTime now = steady_now();
  if (!place_) place_ = gateway_.gate().enter_queue();
  if (!place_) return false;
  if (!since_) since_ = now;
  if (!stand_in_lines_of(shortages)) return true;
  SteadyTime patience = now;
  SteadyTime free_at = SteadyTime::max();
  for (const usage::RateShortage& shortage : shortages) {
    patience = std::max(patience, *since_ + shortage.patience);
    free_at = std::min(free_at, now + shortage.free_in);
  }
  const SteadyTime end = std::min(patience, deadline);
  if (now >= end) return false;
  waiter_.set_deadline(deadline);
  return waiter_.sleep_until(std::min(free_at, end)) == http::Waiter::Outcome::Ready;
}

void Waiting::leave() {
  places_.clear();
  place_.reset();
  since_.reset();
}

bool Waiting::out_of_patience(const usage::RateShortage& shortage, SteadyTime now) const {
  if (since_) return now >= *since_ + shortage.patience;
  return gateway_.gate().queue_is_full();
}

// Where it waits no longer it has had its turn, and steps aside; where it comes back to, it stands at the end again.
// False if it is new in a line.
bool Waiting::stand_in_lines_of(const std::vector<usage::RateShortage>& shortages) {
  const auto is_wanted = [&](const usage::WaitingLine* line) {
    return std::any_of(shortages.begin(), shortages.end(), [&](const auto& one) { return one.line.get() == line; });
  };
  std::erase_if(places_, [&](const auto& place) { return place->is_aside() && is_wanted(place->line()); });
  for (const auto& place : places_) {
    if (!is_wanted(place->line())) place->step_aside();
  }
  bool knows_all = true;
  for (const usage::RateShortage& shortage : shortages) {
    const bool stands_here = std::any_of(places_.begin(), places_.end(),
                                         [&](const auto& place) { return place->line() == shortage.line.get(); });
    if (stands_here) continue;
    places_.push_back(shortage.line->join(key_, waiter_.waker()));
    knows_all = false;
  }
  return knows_all;
}

}  // namespace aigw::gateway
