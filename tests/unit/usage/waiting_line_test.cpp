#include "usage/waiting_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "usage/counters_fixture.h"
#include "usage/rate_limiter.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

constexpr SteadyTime kStart{std::chrono::seconds{100'000}};

config::Limits queued(config::Limits limits) {
  limits.queue = true;
  limits.queue_timeout = Millis(5'000);
  return limits;
}

using Names = std::vector<std::string>;

// Some who wait, by name, and who of them was woken.
struct Waiting {
  struct One {
    std::string name;
    std::unique_ptr<WaitingLine::Place> place;
  };

  // `names` are keys with a number: the line's key is their first letter.
  explicit Waiting(const Names& names = {}, const std::shared_ptr<WaitingLine>& in = std::make_shared<WaitingLine>())
      : line(in) {
    for (const std::string& name : names) join(name);
  }

  void join(const std::string& name) {
    all.push_back({name, line->join(name.substr(0, 1), [this, name] { woken.push_back(name); })});
  }
  const WaitingLine::Place* place(const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const One& one) { return one.name == name; });
    REQUIRE(found != all.end());
    return found->place.get();
  }
  void leave(const std::string& name) {
    REQUIRE(place(name) != nullptr);
    std::erase_if(all, [&](const One& one) { return one.name == name; });
  }
  std::string first() const {
    std::string result;
    for (const One& one : all) {
      if (one.place->may_try()) result += one.name;
    }
    return result;
  }
  // In which order they get their turns.
  Names order() {
    Names result;
    while (!all.empty()) {
      result.push_back(first());
      leave(result.back());
    }
    return result;
  }

  std::shared_ptr<WaitingLine> line;
  Names woken;
  std::vector<One> all;  // first: leaving wakes others
};

}  // namespace

TEST_SUITE("usage/waiting_line") {
  TEST_CASE("keys take turns, and within a key who came first goes first") {
    struct Row {
      Names come, go;
    };
    for (const Row& row :
         {Row{{"a1", "a2", "a3"}, {"a1", "a2", "a3"}},
          Row{{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "b1"},
              {"a1", "b1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"}},
          Row{{"a1", "a2", "a3", "b1", "b2", "c1"}, {"a1", "b1", "c1", "a2", "b2", "a3"}},
          Row{{"c1", "b1", "a1", "a2", "b2", "b3"}, {"c1", "b1", "a1", "b2", "a2", "b3"}}}) {
      CAPTURE(row.come);
      CHECK(Waiting(row.come).order() == row.go);
    }
  }

  TEST_CASE("who comes later waits behind the keys that are there, however often they come") {
    Waiting waiting({"a1", "a2"});
    waiting.leave("a1");
    waiting.join("b1");
    waiting.join("a3");
    CHECK(waiting.order() == Names{"a2", "b1", "a3"});
  }

  TEST_CASE("who leaves from the middle or the end changes nobody else's turn") {
    struct Row {
      std::string leaves;
      Names go;
    };
    for (const Row& row : {Row{"a2", {"a1", "b1", "a3", "b2"}}, Row{"a3", {"a1", "b1", "a2", "b2"}},
                           Row{"b1", {"a1", "b2", "a2", "a3"}}, Row{"b2", {"a1", "b1", "a2", "a3"}}}) {
      CAPTURE(row.leaves);
      Waiting waiting({"a1", "a2", "a3", "b1", "b2"});
      waiting.leave(row.leaves);
      CHECK(waiting.woken.empty());
      CHECK(waiting.order() == row.go);
    }
  }

  TEST_CASE("the one who becomes first is woken, nobody else, and the last one leaves an empty line") {
    Waiting waiting({"a1", "a2", "b1"});
    CHECK(waiting.woken.empty());
    CHECK(waiting.first() == "a1");
    waiting.line->wake_first();
    CHECK(waiting.woken == Names{"a1"});
    waiting.leave("a1");
    CHECK(waiting.woken == Names{"a1", "b1"});
    waiting.leave("b1");
    CHECK(waiting.woken == Names{"a1", "b1", "a2"});
    CHECK_FALSE(waiting.line->empty());
    waiting.leave("a2");
    CHECK(waiting.line->empty());
    waiting.line->wake_first();
    CHECK(waiting.woken.size() == 3);
  }

  TEST_CASE("a place outlives whoever made the line") {
    Waiting waiting({"a1", "a2"});
    waiting.line.reset();
    waiting.leave("a1");
    CHECK(waiting.woken == Names{"a2"});
  }

  TEST_CASE("newcomers don't overtake those who wait, though there is room") {
    for (const config::Limits& limits : {config::Limits{2, {}, {}}, config::Limits{{}, 100, {}},
                                         config::Limits{{}, {}, 2}}) {
      RateLimiter limiter;
      limiter.configure(queued(limits));
      const auto refused = [&](const WaitingLine::Place* place) {
        return limiter.shortage(kStart, place).has_value();
      };
      CHECK_FALSE(refused(nullptr));
      RateLimiter::Grip grip;
      RateLimiter::Grip other;
      REQUIRE_FALSE(limiter.reserve(50, kStart, nullptr, grip));
      REQUIRE_FALSE(limiter.reserve(50, kStart, nullptr, other));
      const auto shortage = limiter.shortage(kStart);
      REQUIRE(shortage);
      REQUIRE(shortage->line);
      CHECK(shortage->patience == Millis(5'000));
      Waiting waiting({"a1", "b1"}, shortage->line);
      CHECK(refused(waiting.place("a1")));
      limiter.release(grip, false, kStart);
      CHECK(waiting.woken == Names{"a1"});
      CHECK(refused(nullptr));
      CHECK(refused(waiting.place("b1")));
      CHECK(limiter.reserve(50, kStart, waiting.place("b1"), grip).has_value());
      CHECK_FALSE(limiter.reserve(50, kStart, waiting.place("a1"), grip).has_value());
      waiting.leave("a1");
      CHECK(waiting.woken == Names{"a1", "b1"});
      CHECK(refused(waiting.place("b1")));
      limiter.release(grip, false, kStart, waiting.place("b1"));
      CHECK(waiting.woken == Names{"a1", "b1"});  // it is its own room, and its own turn
      waiting.leave("b1");
      CHECK_FALSE(refused(nullptr));
    }
  }

  TEST_CASE("nobody waits where there is no line, and a limit that is lifted lets the first one look") {
    RateLimiter limiter;
    limiter.configure({{}, {}, 1});
    RateLimiter::Grip grip;
    REQUIRE_FALSE(limiter.reserve(0, kStart, nullptr, grip));
    CHECK(limiter.shortage(kStart)->line == nullptr);
    limiter.configure(queued({{}, {}, 1}));
    Waiting waiting({"a1", "b1"}, limiter.shortage(kStart)->line);
    limiter.configure({});
    CHECK(waiting.woken == Names{"a1"});
    CHECK_FALSE(limiter.shortage(kStart, waiting.place("a1")));
    CHECK_FALSE(limiter.shortage(kStart));
  }

  TEST_CASE("who has stepped aside may try at any time, holds up nobody, and is not woken") {
    const auto line = std::make_shared<WaitingLine>();
    int woken_first = 0;
    int woken_second = 0;
    const auto first = line->join("a", [&] { ++woken_first; });
    const auto second = line->join("a", [&] { ++woken_second; });
    CHECK_FALSE(second->may_try());
    first->step_aside();
    CHECK(first->is_aside());
    CHECK(woken_second == 1);
    CHECK(first->may_try());
    CHECK(second->may_try());
    line->wake_first();
    CHECK(woken_first == 0);
    second->step_aside();
    second->step_aside();
    CHECK(line->empty());
  }

  TEST_CASE("of many threads that wait for one slot each gets it once, and none is forgotten") {
    RateLimiter limiter;
    limiter.configure(queued({{}, {}, 1}));
    std::atomic<int> inside{0};
    std::atomic<int> served{0};
    in_threads(16, [&](int thread) {
      for (int i = 0; i < 50; ++i) {
        std::mutex mutex;
        std::condition_variable changed;
        bool woken = true;  // the first look is free
        std::unique_ptr<WaitingLine::Place> place;
        RateLimiter::Grip grip;
        while (const auto shortage = limiter.reserve(1, kStart, place.get(), grip)) {
          if (!place) {
            place = shortage->line->join(std::to_string(thread % 3), [&] {
              const std::lock_guard<std::mutex> lock(mutex);
              woken = true;
              changed.notify_one();
            });
            continue;  // there may be room since
          }
          std::unique_lock<std::mutex> lock(mutex);
          changed.wait(lock, [&] { return woken; });
          woken = false;
        }
        place.reset();
        CHECK(++inside == 1);
        ++served;
        --inside;
        limiter.settle(grip, 1, kStart);
      }
    });
    CHECK(served == 16 * 50);
    CHECK(limiter.line()->empty());
    CHECK(limiter.in_flight() == 0);
  }
}
