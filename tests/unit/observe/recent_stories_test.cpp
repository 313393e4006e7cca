#include "observe/recent_stories.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace aigw::observe {
namespace {

constexpr std::size_t kMany = std::size_t{1} << 30;  // bytes

RecentStories::Told told(const std::string& id, std::size_t captured = 0) {
  Story story;
  story.id = id;
  if (captured > 0) story.capture = Story::Capture{std::string(captured, 'q'), "", captured, 0};
  return std::make_shared<const Story>(std::move(story));
}

void add(RecentStories& recent, int from, int to) {
  for (int i = from; i <= to; ++i) recent.add(told(std::to_string(i)));
}

std::string ids_of(const std::vector<RecentStories::Told>& stories) {
  std::string ids;
  for (const auto& story : stories) ids += (ids.empty() ? "" : " ") + story->id;
  return ids;
}

std::string newest_first(const RecentStories& recent) {
  std::vector<RecentStories::Told> stories;
  recent.newest_first([&](const RecentStories::Told& story) {
    stories.push_back(story);
    return true;
  });
  return ids_of(stories);
}

std::string since(const RecentStories& recent, std::uint64_t& from, std::size_t count_max = 1'000) {
  return ids_of(recent.since(from, count_max));
}

}  // namespace

TEST_SUITE("observe/recent_stories") {

TEST_CASE("the last ones are kept, as many as there are places") {
  RecentStories recent(3, kMany);
  CHECK(newest_first(recent) == "");
  const std::vector<std::string> want = {"1", "2 1", "3 2 1", "4 3 2", "5 4 3", "6 5 4", "7 6 5"};
  for (std::size_t i = 0; i < want.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    add(recent, number, number);
    CHECK(newest_first(recent) == want[i]);
    CHECK(recent.end() == i + 1);
  }
  CHECK(recent.count_max() == 3);
}

TEST_CASE("one place is enough for one story") {
  RecentStories recent(1, kMany);
  add(recent, 1, 5);
  CHECK(newest_first(recent) == "5");
}

TEST_CASE("without a place none is kept, and nothing breaks") {
  RecentStories recent(0, kMany);
  add(recent, 1, 5);
  CHECK(newest_first(recent) == "");
  CHECK(recent.find("5") == nullptr);
  std::uint64_t from = 0;
  CHECK(recent.since(from, 10).empty());
  CHECK(recent.count_max() == 0);
}

TEST_CASE("whoever has seen enough is shown no more") {
  RecentStories recent(10, kMany);
  add(recent, 1, 10);
  std::string seen;
  recent.newest_first([&](const RecentStories::Told& story) {
    seen += story->id + " ";
    return story->id != "8";
  });
  CHECK(seen == "10 9 8 ");
}

TEST_CASE("the oldest ones go where bytes are short") {
  const std::size_t each = told("1")->bytes();
  RecentStories recent(100, 3 * each + each / 2);
  add(recent, 1, 9);
  CHECK(newest_first(recent) == "9 8 7");
}

TEST_CASE("a big story takes the room of many small ones, and of no more than it needs") {
  const std::size_t small = told("1")->bytes();
  RecentStories recent(100, 10 * small);
  add(recent, 1, 9);
  recent.add(told("b", 4 * small - sizeof(Story::Capture)));  // with the story itself five of ten
  CHECK(newest_first(recent) == "b 9 8 7 6 5");
  add(recent, 1, 4);
  CHECK(newest_first(recent) == "4 3 2 1 b 9");
  add(recent, 5, 9);
  CHECK(newest_first(recent) == "9 8 7 6 5 4 3 2 1");
}

TEST_CASE("a story that is larger than all the room is not kept, and later ones are") {
  const std::size_t small = told("1")->bytes();
  RecentStories recent(100, 3 * small);
  add(recent, 1, 3);
  recent.add(told("b", 10 * small));
  CHECK(newest_first(recent) == "");
  CHECK(recent.find("b") == nullptr);
  add(recent, 4, 9);
  CHECK(newest_first(recent) == "9 8 7");
}

TEST_CASE("bytes are counted right over many rounds of many sizes") {
  const std::size_t small = told("1000")->bytes();
  for (const std::size_t places : {1U, 2U, 7U, 64U}) {
    CAPTURE(places);
    const std::size_t bytes_max = 20 * small;
    RecentStories recent(places, bytes_max);
    for (int i = 0; i < 2'000; ++i) {
      recent.add(told(std::to_string(1'000 + i), small * static_cast<std::size_t>(i * 7919 % 13)));
      std::size_t sum = 0;
      std::size_t count = 0;
      recent.newest_first([&](const RecentStories::Told& story) {
        sum += story->bytes();
        return ++count > 0;
      });
      REQUIRE(sum <= bytes_max);
      REQUIRE(count <= places);
      REQUIRE(count > 0);
    }
    // Nothing is left of what has gone: there is room for as many as at the start.
    for (int i = 0; i < 100; ++i) recent.add(told("1000"));
    std::size_t count = 0;
    recent.newest_first([&](const RecentStories::Told&) { return ++count > 0; });
    CHECK(count == std::min<std::size_t>(places, 20));
  }
}

TEST_CASE("of stories with one id the newest is found") {
  RecentStories recent(10, kMany);
  recent.add(told("twice", 1));
  recent.add(told("other"));
  const auto second = told("twice", 2);
  recent.add(second);
  recent.add(told("last"));
  CHECK(recent.find("twice") == second);
  CHECK(recent.find("twic") == nullptr);
  CHECK(recent.find("") == nullptr);
}

TEST_CASE("what has gone is not found") {
  RecentStories recent(2, kMany);
  add(recent, 1, 3);
  CHECK(recent.find("1") == nullptr);
  CHECK(recent.find("2") != nullptr);
}

TEST_CASE("a story that someone still looks at outlives its place") {
  RecentStories recent(1, kMany);
  add(recent, 1, 1);
  const auto one = recent.find("1");
  add(recent, 2, 9);
  CHECK(one->id == "1");
}

TEST_CASE("since gives each story once, the oldest first") {
  RecentStories recent(10, kMany);
  std::uint64_t from = 0;
  CHECK(since(recent, from) == "");
  add(recent, 1, 3);
  CHECK(since(recent, from) == "1 2 3");
  CHECK(since(recent, from) == "");
  add(recent, 4, 5);
  CHECK(since(recent, from) == "4 5");
  CHECK(from == recent.end());
}

TEST_CASE("since leaves out what is not kept any more") {
  RecentStories recent(3, kMany);
  std::uint64_t from = 0;
  add(recent, 1, 8);
  CHECK(since(recent, from) == "6 7 8");
  add(recent, 9, 20);
  CHECK(since(recent, from) == "18 19 20");
  CHECK(from == 20);

  const std::size_t small = told("1")->bytes();
  RecentStories narrow(100, 3 * small);
  std::uint64_t place = 0;
  add(narrow, 1, 7);
  CHECK(since(narrow, place) == "5 6 7");
  narrow.add(told("b", 10 * small));  // is given up at once
  CHECK(since(narrow, place) == "");
  CHECK(place == narrow.end());
  add(narrow, 8, 9);
  CHECK(since(narrow, place) == "8 9");
}

TEST_CASE("since gives the newest of too many, and the others never") {
  RecentStories recent(10, kMany);
  std::uint64_t from = 0;
  add(recent, 1, 8);
  CHECK(since(recent, from, 3) == "6 7 8");
  CHECK(since(recent, from, 3) == "");
  add(recent, 9, 9);
  CHECK(since(recent, from, 3) == "9");
  add(recent, 10, 12);
  CHECK(since(recent, from, 0) == "");
  CHECK(since(recent, from) == "");
}

TEST_CASE("whoever begins at the end sees later ones alone") {
  RecentStories recent(10, kMany);
  add(recent, 1, 5);
  std::uint64_t from = recent.end();
  add(recent, 6, 7);
  CHECK(since(recent, from) == "6 7");
}

}

}  // namespace aigw::observe
