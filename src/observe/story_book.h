// The last stories, for those who look at the gateway. Those of requests by nobody who was recognised have a few places
// of their own: whoever knocks without a key must not push out the others.
//
// Thread-safe, as RecentStories is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "observe/recent_stories.h"

namespace aigw::observe {

class StoryBook {
 public:
  using Told = RecentStories::Told;

  static constexpr std::size_t kStrangersMax = 100;
  static constexpr std::size_t kStrangersBytesMax = 1024 * 1024;

  // `count_max` 0: none is kept.
  StoryBook(std::size_t count_max, std::size_t bytes_max);

  void add(Told story);

  // Calls `look` with each story that is kept, the one that ended last first, until it returns false.
  void newest_first(const std::function<bool(const Told&)>& look) const;
  // The newest one with this id; null if there is none.
  Told find(std::string_view id) const;

  // Up to where somebody has read.
  struct Bookmark {
    std::uint64_t callers = 0;
    std::uint64_t strangers = 0;
  };
  // The stories behind the bookmark, as far as they are kept, the oldest first, at most the `count_max` newest. Moves it
  // behind them.
  std::vector<Told> since(Bookmark& from, std::size_t count_max) const;

 private:
  RecentStories callers_;
  RecentStories strangers_;
};

}  // namespace aigw::observe
