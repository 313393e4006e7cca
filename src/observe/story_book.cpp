#include "observe/story_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace aigw::observe {
namespace {

using Told = StoryBook::Told;

WallTime ended_at(const Told& story) { return story->began + story->ended; }

bool ended_before(const Told& a, const Told& b) { return ended_at(a) < ended_at(b); }

}  // namespace

StoryBook::StoryBook(std::size_t count_max, std::size_t bytes_max)
    : callers_(count_max, bytes_max),
      strangers_(std::min(count_max, kStrangersMax), std::min(bytes_max, kStrangersBytesMax)) {}

void StoryBook::add(Told story) {
  RecentStories& stories = story->authenticated_at ? callers_ : strangers_;
  stories.add(std::move(story));
}

void StoryBook::newest_first(const std::function<bool(const Told&)>& look) const {
  std::vector<Told> strangers;
  strangers_.newest_first([&](const Told& story) {
    strangers.push_back(story);
    return true;
  });
  auto next = strangers.begin();
  bool goes_on = true;
  callers_.newest_first([&](const Told& story) {
    for (; goes_on && next != strangers.end() && ended_before(story, *next); ++next) goes_on = look(*next);
    if (goes_on) goes_on = look(story);
    return goes_on;
  });
  for (; goes_on && next != strangers.end(); ++next) goes_on = look(*next);
}

Told StoryBook::find(std::string_view id) const {
  const Told caller = callers_.find(id);
  const Told stranger = strangers_.find(id);
  if (caller == nullptr || stranger == nullptr) return caller != nullptr ? caller : stranger;
  return ended_before(caller, stranger) ? stranger : caller;
}

std::vector<Told> StoryBook::since(Bookmark& from, std::size_t count_max) const {
  const std::vector<Told> callers = callers_.since(from.callers, count_max);
  const std::vector<Told> strangers = strangers_.since(from.strangers, count_max);
  std::vector<Told> stories;
  std::merge(callers.begin(), callers.end(), strangers.begin(), strangers.end(), std::back_inserter(stories),
             ended_before);
  if (stories.size() > count_max) stories.erase(stories.begin(), stories.end() - static_cast<std::ptrdiff_t>(count_max));
  return stories;
}

}  // namespace aigw::observe
