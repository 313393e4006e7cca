#include "usage/waiting_line.h"

#include <algorithm>
#include <utility>

namespace aigw::usage {

WaitingLine::Place::Place(std::shared_ptr<WaitingLine> line, std::string key, std::function<void()> wake)
    : line_(std::move(line)), key_(std::move(key)), wake_(std::move(wake)) {}

WaitingLine::Place::~Place() { line_->leave(*this); }

bool WaitingLine::Place::may_try() const {
  const std::lock_guard<std::mutex> lock(line_->mutex_);
  return aside_ || line_->first() == this;
}

bool WaitingLine::Place::is_aside() const {
  const std::lock_guard<std::mutex> lock(line_->mutex_);
  return aside_;
}

void WaitingLine::Place::step_aside() {
  const std::lock_guard<std::mutex> lock(line_->mutex_);
  if (std::exchange(aside_, true)) return;
  line_->take_out(*this);
}

std::unique_ptr<WaitingLine::Place> WaitingLine::join(const std::string& key, std::function<void()> wake) {
  std::unique_ptr<Place> place(new Place(shared_from_this(), key, std::move(wake)));
  const std::lock_guard<std::mutex> lock(mutex_);
  auto turn = std::find_if(turns_.begin(), turns_.end(), [&](const Turn& one) { return one.key == key; });
  if (turn == turns_.end()) turn = turns_.insert(turns_.end(), Turn{key, {}});
  turn->places.push_back(place.get());
  return place;
}

bool WaitingLine::empty() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return turns_.empty();
}

void WaitingLine::wake_first() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const Place* const place = first()) place->wake_();
}

void WaitingLine::leave(const Place& place) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!place.aside_) take_out(place);
}

void WaitingLine::take_out(const Place& place) {
  const auto turn =
      std::find_if(turns_.begin(), turns_.end(), [&](const Turn& one) { return one.key == place.key_; });
  if (turn == turns_.end()) return;
  const bool was_first = first() == &place;
  std::erase(turn->places, &place);
  if (turn->places.empty()) {
    turns_.erase(turn);
  } else if (was_first) {
    turns_.splice(turns_.end(), turns_, turn);  // the other keys come next
  }
  if (const Place* const next = was_first ? first() : nullptr) next->wake_();
}

const WaitingLine::Place* WaitingLine::first() const {
  return turns_.empty() ? nullptr : turns_.front().places.front();
}

}  // namespace aigw::usage
