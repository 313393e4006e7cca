// Many exchanges end at once while others look: nothing is lost, shown twice or kept beyond the bounds.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "observe/recent_stories.h"

namespace aigw::observe {
namespace {

constexpr int kWriters = 4;
constexpr int kEach = 3'000;

RecentStories::Told told(int writer, int number, std::size_t captured = 0) {
  Story story;
  story.id = std::to_string(writer) + "." + std::to_string(number);
  story.status = number;
  story.attempt_count = writer;
  if (captured > 0) story.capture = Story::Capture{std::string(captured, 'q'), "", captured, 0};
  return std::make_shared<const Story>(std::move(story));
}

template <typename Work>
std::vector<std::thread> start(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([=] { work(i); });
  return threads;
}

void join(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
}

// A writer's stories come in the order in which it wrote them.
bool in_order(const std::vector<RecentStories::Told>& stories) {
  std::map<int, int> last;
  return std::all_of(stories.begin(), stories.end(), [&](const RecentStories::Told& story) {
    const bool later = last.count(story->attempt_count) == 0 || last[story->attempt_count] < story->status;
    last[story->attempt_count] = story->status;
    return later;
  });
}

}  // namespace

TEST_SUITE("observe/recent_stories_threads") {

TEST_CASE("who follows sees each story once, while many are written") {
  RecentStories recent(kWriters * kEach, std::size_t{1} << 30);
  std::atomic<bool> done{false};
  std::vector<std::vector<RecentStories::Told>> seen(2);
  auto readers = start(2, [&](int reader) {
    auto& mine = seen[static_cast<std::size_t>(reader)];
    std::uint64_t from = 0;
    for (bool last = false; !last;) {
      last = done;
      for (auto& story : recent.since(from, 1'000'000)) mine.push_back(std::move(story));
    }
  });
  auto writers = start(kWriters, [&](int writer) {
    for (int i = 0; i < kEach; ++i) recent.add(told(writer, i));
  });
  join(writers);
  done = true;
  join(readers);
  for (const auto& stories : seen) {
    std::set<std::string> ids;
    for (const auto& story : stories) ids.insert(story->id);
    CHECK(stories.size() == kWriters * kEach);
    CHECK(ids.size() == kWriters * kEach);
    CHECK(in_order(stories));
  }
}

TEST_CASE("the newest ones are kept, whoever wrote them") {
  RecentStories recent(64, std::size_t{1} << 30);
  std::atomic<bool> done{false};
  std::atomic<bool> good{true};
  auto readers = start(2, [&](int) {
    while (!done) {
      std::vector<RecentStories::Told> stories;
      recent.newest_first([&](const RecentStories::Told& story) {
        stories.push_back(story);
        return true;
      });
      std::reverse(stories.begin(), stories.end());
      if (stories.size() > 64 || !in_order(stories)) good = false;
      const auto found = recent.find("1.5");
      if (found != nullptr && found->id != "1.5") good = false;
    }
  });
  auto writers = start(kWriters, [&](int writer) {
    for (int i = 0; i < kEach; ++i) recent.add(told(writer, i));
  });
  join(writers);
  done = true;
  join(readers);
  CHECK(good);
  std::uint64_t from = 0;
  CHECK(recent.since(from, 1'000).size() == 64);
  CHECK(recent.end() == kWriters * kEach);
}

TEST_CASE("bytes are bounded under many writers, and none are lost") {
  const std::size_t small = told(0, 10)->bytes();
  RecentStories recent(32, 20 * small);
  auto writers = start(kWriters, [&](int writer) {
    for (int i = 0; i < kEach; ++i) recent.add(told(writer, i, small * static_cast<std::size_t>(i % 9)));
  });
  join(writers);
  std::size_t sum = 0;
  recent.newest_first([&](const RecentStories::Told& story) {
    sum += story->bytes();
    return true;
  });
  CHECK(sum <= 20 * small);
  // There is room for exactly as many as in a new one, each of which is shown.
  for (int i = 10; i < 50; ++i) {
    recent.add(told(9, i));
    CHECK(recent.find("9." + std::to_string(i)) != nullptr);
  }
  std::size_t count = 0;
  recent.newest_first([&](const RecentStories::Told&) { return ++count > 0; });
  CHECK(count == 20);
}

TEST_CASE("writers that have room for less than one story each leave nothing behind") {
  const std::size_t small = told(0, 1)->bytes();
  for (int round = 0; round < 50; ++round) {
    RecentStories recent(4, 3 * small);
    auto writers = start(kWriters, [&](int writer) {
      for (int i = 0; i < 100; ++i) recent.add(told(writer, i, 2 * small));  // three of them, with the story itself
    });
    join(writers);
    for (int i = 0; i < 8; ++i) {
      recent.add(told(9, i));
      REQUIRE(recent.find("9." + std::to_string(i)) != nullptr);
    }
    std::size_t count = 0;
    recent.newest_first([&](const RecentStories::Told&) { return ++count > 0; });
    REQUIRE(count == 3);
  }
}

}

}  // namespace aigw::observe
