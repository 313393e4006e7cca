#include "observe/recent_stories.h"

#include <algorithm>
#include <utility>

namespace aigw::observe {

RecentStories::RecentStories(std::size_t count_max, std::size_t bytes_max) : bytes_max_(bytes_max) {
  slots_.reserve(count_max);
  for (std::size_t i = 0; i < count_max; ++i) slots_.push_back(std::make_unique<Slot>());
}

void RecentStories::add(Told story) {
  if (slots_.empty()) return;
  Entry entry{next_++, story->bytes(), std::move(story)};
  const std::uint64_t place = entry.place;
  bytes_ += entry.bytes;
  // A writer that was held up for a whole round comes too late.
  slots_[place % slots_.size()]->with([&](Entry& kept) {
    if (kept.story == nullptr || kept.place < entry.place) std::swap(kept, entry);
  });
  bytes_ -= entry.bytes;  // of the one that went; its end is out of the lock
  if (place < oldest_) clear(place);  // it was given up before it was there
  while (bytes_ > bytes_max_ && oldest_ < next_) make_room();
}

// Gives up the oldest one.
void RecentStories::make_room() {
  const std::uint64_t newest = next_;
  std::uint64_t oldest = oldest_;
  const std::uint64_t place = std::max(oldest, newest > slots_.size() ? newest - slots_.size() : 0);
  if (place >= newest) return;  // others have given up all that was there
  if (oldest_.compare_exchange_strong(oldest, place + 1)) clear(place);
}

void RecentStories::clear(std::uint64_t place) {
  Entry gone;
  slots_[place % slots_.size()]->with([&](Entry& kept) {
    if (kept.place == place) std::swap(kept, gone);
  });
  bytes_ -= gone.bytes;
}

RecentStories::Told RecentStories::at(std::uint64_t place) const {
  return slots_[place % slots_.size()]->with(
      [&](const Entry& kept) { return kept.place == place ? kept.story : Told(); });
}

void RecentStories::newest_first(const std::function<bool(const Told&)>& look) const {
  const std::uint64_t end = next_;
  const std::uint64_t begin = std::max<std::uint64_t>(oldest_, end > slots_.size() ? end - slots_.size() : 0);
  for (std::uint64_t place = end; place > begin; --place) {
    if (const Told story = at(place - 1); story != nullptr && !look(story)) return;
  }
}

RecentStories::Told RecentStories::find(std::string_view id) const {
  Told found;
  newest_first([&](const Told& story) {
    if (story->id == id) found = story;
    return found == nullptr;
  });
  return found;
}

std::vector<RecentStories::Told> RecentStories::since(std::uint64_t& from, std::size_t count_max) const {
  const std::uint64_t end = next_;
  const std::uint64_t kept = std::min<std::uint64_t>(count_max, slots_.size());
  std::vector<Told> stories;
  std::uint64_t place = std::max({from, oldest_.load(), end > kept ? end - kept : 0});
  for (; place < end; ++place) {
    Entry entry;
    slots_[place % slots_.size()]->with([&](const Entry& there) { entry = there; });
    const bool is_being_written = (entry.story == nullptr || entry.place < place) && place >= oldest_;
    if (is_being_written) break;  // its turn comes with the next call
    if (entry.place == place) stories.push_back(std::move(entry.story));
  }
  from = place;
  return stories;
}

}  // namespace aigw::observe
