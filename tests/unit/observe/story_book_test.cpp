#include "observe/story_book.h"

#include <doctest/doctest.h>
#include <memory>
#include <string>

namespace aigw::observe {
namespace {

StoryBook::Told told(const std::string& id, int ended_second, bool known) {
  Story story;
  story.id = id;
  story.began = WallTime(std::chrono::hours(1));
  story.ended = std::chrono::seconds(ended_second);
  if (known) story.authenticated_at = Offset{1};
  return std::make_shared<const Story>(std::move(story));
}

std::string newest_first(const StoryBook& book, std::size_t count_max = 1'000) {
  std::string ids;
  book.newest_first([&](const StoryBook::Told& story) {
    ids += story->id + " ";
    return --count_max > 0;
  });
  return ids;
}

std::string ids_of(const std::vector<StoryBook::Told>& stories) {
  std::string ids;
  for (const StoryBook::Told& story : stories) ids += story->id + " ";
  return ids;
}

}  // namespace

TEST_SUITE("observe/story_book") {
  TEST_CASE("who is not recognised pushes out nobody else") {
    StoryBook book(200, std::size_t{1} << 30);
    book.add(told("mine", 1, true));
    for (int i = 0; i < 1'000; ++i) book.add(told("s" + std::to_string(i), 2 + i, false));
    CHECK(book.find("mine") != nullptr);
    CHECK(book.find("s999") != nullptr);
    CHECK(book.find("s0") == nullptr);
  }

  TEST_CASE("stories come in the order of their ends, whoever they are of") {
    StoryBook book(10, std::size_t{1} << 30);
    book.add(told("a", 1, true));
    book.add(told("b", 2, false));
    book.add(told("c", 3, true));
    book.add(told("d", 4, false));
    CHECK(newest_first(book) == "d c b a ");
    CHECK(newest_first(book, 3) == "d c b ");
    CHECK(newest_first(book, 1) == "d ");
    StoryBook::Bookmark from;
    CHECK(ids_of(book.since(from, 3)) == "b c d ");
    CHECK(book.since(from, 3).empty());
    book.add(told("e", 5, false));
    CHECK(ids_of(book.since(from, 3)) == "e ");
  }

  TEST_CASE("of equal ids the one that ended last is found") {
    StoryBook book(10, std::size_t{1} << 30);
    book.add(told("x", 1, true));
    book.add(told("x", 2, false));
    CHECK(book.find("x")->ended == std::chrono::seconds(2));
    book.add(told("x", 3, true));
    CHECK(book.find("x")->ended == std::chrono::seconds(3));
    CHECK(book.find("y") == nullptr);
  }

  TEST_CASE("none is kept where none is to be") {
    StoryBook book(0, std::size_t{1} << 30);
    book.add(told("a", 1, true));
    book.add(told("b", 2, false));
    CHECK(newest_first(book).empty());
  }
}

}  // namespace aigw::observe
