#include "usage/replay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "usage/counter_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

const config::Quota kDaily = {limit_of(1000)};
const config::Quota kDailyAndRolling = {limit_of(1000), rolling("5h", 1000)};
const config::Quota kNone;

// A life of one counter: its records in the order in which they were settled, and its file at each moment.
struct Life {
  explicit Life(const config::Quota& limits) : used(limits, local_noon()), limits_now(limits) { save(); }

  void use(WallTime now) {
    REQUIRE(used.reserve(now));
    lines.push_back(format_record(used.settle(now)));
    save();
  }
  void configure(const config::Quota& limits, WallTime now) {
    used.configure(limits, now);
    limits_now = limits;
    save();
  }
  void save() {
    used.counter->mark_unsaved();
    saves.push_back({*used.counter->take_changes(), lines.size()});
  }

  struct Save {
    Snapshot file;
    std::size_t records;
  };
  UsedCounter used;
  config::Quota limits_now;
  std::vector<std::string> lines;
  std::vector<Save> saves;
};

struct Replayed {
  CounterState state;
  Counts hours;
  std::int64_t damaged = 0;
};

// What the next start makes of that file, if there is one, and that journal.
Replayed replay(const std::optional<Snapshot>& file, const std::vector<std::string>& lines, const Life& life,
                WallTime now) {
  std::vector<std::shared_ptr<Counter>> counters;
  if (file) counters.push_back(std::make_shared<Counter>(*file));
  Wallets wallets("unused");
  Replay replay(counters, {}, wallets);
  std::string journal;
  for (const std::string& line : lines) journal += line;
  Replayed result;
  result.damaged = replay.read(journal);
  REQUIRE(replay.counters().size() == 1);
  const std::shared_ptr<Counter> counter = replay.counters()[0];
  for (const HourTotal& hour : counter->hours()) result.hours += hour.used;
  Resets resets;
  counter->configure(life.limits_now, now, resets);
  result.state = counter->state(now, resets);
  return result;
}

void check_same(const CounterState& got, const CounterState& want) {
  CHECK(got.total == want.total);
  REQUIRE(got.windows.size() == want.windows.size());
  for (std::size_t i = 0; i < want.windows.size(); ++i) {
    CAPTURE(i);
    CHECK(got.windows[i].period == want.windows[i].period);
    CHECK(got.windows[i].used == want.windows[i].used);
    CHECK(got.windows[i].last_reset == want.windows[i].last_reset);
    CHECK(got.windows[i].next_reset == want.windows[i].next_reset);
  }
}

struct Story {
  std::string name;
  config::Quota limits;
  std::function<void(Life&)> happens;  // ends with a record of the last config
};

const std::vector<Story>& stories() {
  const WallTime start = local_noon();
  static const std::vector<Story> all = {
      {"nothing but use", kDailyAndRolling,
       [=](Life& life) { for (int i = 0; i < 4; ++i) life.use(start + i * hours(1)); }},
      {"resets", kDailyAndRolling,
       [=](Life& life) { for (int i = 0; i < 5; ++i) life.use(start + i * hours(4)); }},
      {"several resets without use", kDailyAndRolling,
       [=](Life& life) { for (int i = 0; i < 3; ++i) life.use(start + i * hours(50)); }},
      {"a clock that steps back", kDailyAndRolling,
       [=](Life& life) { for (const int hour : {0, 20, 1, 21, 44, 3}) life.use(start + hour * hours(1)); }},
      {"a period that is changed", kDaily,
       [=](Life& life) {
         life.use(start);
         life.configure({limit_of(1000, std::nullopt, "30 * * * *")}, start + minutes(10));
         life.use(start + minutes(20));
         life.use(start + minutes(40));
         life.configure({rolling("3h", 1000)}, start + minutes(50));
         life.use(start + minutes(55));
       }},
      {"a window that is added", kDaily,
       [=](Life& life) {
         life.use(start);
         life.configure(kDailyAndRolling, start + minutes(1));
         for (int i = 2; i < 5; ++i) life.use(start + i * minutes(1));
       }},
      {"a window that is added, and reset", kDaily,
       [=](Life& life) {
         life.use(start);
         life.configure(kDailyAndRolling, start + minutes(1));
         life.use(start + minutes(2));
         life.use(start + hours(6));
       }},
      {"a window that is dropped", kDailyAndRolling,
       [=](Life& life) {
         life.use(start);
         life.configure(kDaily, start + minutes(1));
         life.use(start + minutes(2));
       }},
      {"a window that is dropped and added again between records", kDailyAndRolling,
       [=](Life& life) {
         life.use(start);
         life.use(start + minutes(1));
         life.configure(kDaily, start + minutes(2));
         life.configure(kDailyAndRolling, start + minutes(3));
         life.use(start + minutes(4));
       }},
      {"windows that change places", kDailyAndRolling,
       [=](Life& life) {
         life.use(start);
         life.use(start + hours(6));
         life.configure({rolling("5h", 1000), limit_of(1000)}, start + hours(7));
         life.use(start + hours(8));
         life.use(start + hours(13));
       }},
      {"a quota taken away, and one given in a later period", kDaily,
       [=](Life& life) {
         life.use(start);
         life.configure(kNone, start + minutes(1));
         life.use(start + hours(30));
         life.configure(kDaily, start + hours(31));
         life.use(start + hours(32));
         life.use(start + hours(33));
       }},
      {"a quota for what had none", kNone,
       [=](Life& life) {
         life.use(start);
         life.configure({rolling("1w", 1000)}, start + hours(1));
         life.use(start + hours(2));
       }}};
  return all;
}

}  // namespace

TEST_SUITE("usage/replay") {
  TEST_CASE("the records alone, or with the file of any moment, make the counter that was killed") {
    for (const Story& story : stories()) {
      CAPTURE(story.name);
      Life life(story.limits);
      story.happens(life);
      const WallTime now = local_noon() + kDay * 30;
      for (const WallTime looked_at : {*life.used.window(local_noon()).last_reset, now}) {
        const CounterState want = life.used.state(looked_at);
        check_same(replay(std::nullopt, life.lines, life, looked_at).state, want);
        for (const Life::Save& save : life.saves) {
          CAPTURE(save.records);
          // All records are still there, or those that the file includes are not.
          const auto rest = life.lines.begin() + static_cast<std::ptrdiff_t>(save.records);
          check_same(replay(save.file, life.lines, life, looked_at).state, want);
          check_same(replay(save.file, {rest, life.lines.end()}, life, looked_at).state, want);
        }
      }
    }
  }

  TEST_CASE("two records that were written the other way round make no difference, with the file of any moment") {
    for (const Story& story : stories()) {
      CAPTURE(story.name);
      Life life(story.limits);
      story.happens(life);
      const WallTime now = *life.used.window(local_noon()).last_reset;
      const CounterState want = life.used.state(now);
      for (std::size_t i = 0; i + 1 < life.lines.size(); ++i) {
        CAPTURE(i);
        std::vector<std::string> lines = life.lines;
        std::swap(lines[i], lines[i + 1]);
        check_same(replay(std::nullopt, lines, life, now).state, want);
        for (const Life::Save& save : life.saves) {
          CAPTURE(save.records);
          check_same(replay(save.file, lines, life, now).state, want);
        }
      }
    }
  }

  TEST_CASE("what was killed before it was written is missing, and nothing else is") {
    for (const Story& story : stories()) {
      CAPTURE(story.name);
      Life life(story.limits);
      story.happens(life);
      const WallTime now = *life.used.window(local_noon()).last_reset;
      for (std::size_t i = 0; i + 1 < life.lines.size(); ++i) {  // without the last one nothing tells of its config
        CAPTURE(i);
        std::vector<std::string> lines = life.lines;
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
        const Replayed got = replay(std::nullopt, lines, life, now);
        CHECK(got.state.total.requests == static_cast<std::int64_t>(lines.size()));
        const CounterState want = life.used.state(now);
        for (std::size_t w = 0; w < want.windows.size(); ++w) {
          const bool counted = i + 1 > want.windows[w].since;
          CHECK(got.state.windows[w].used.requests == want.windows[w].used.requests - (counted ? 1 : 0));
          CHECK(got.state.windows[w].next_reset == want.windows[w].next_reset);
        }
      }
    }
  }

  TEST_CASE("the hours hold what was counted, each record in its own") {
    Life life(kDaily);
    for (int i = 0; i < 5; ++i) life.use(local_noon() + i * minutes(31));
    const Replayed got = replay(life.saves[2].file, life.lines, life, local_noon() + hours(3));
    CHECK(got.hours == got.state.total);
    CHECK(got.hours.requests == 5);
  }

  TEST_CASE("a record counts in its entry and in its account, each by its own number") {
    const auto account = std::make_shared<Counter>("_providers", "acme", local_noon());
    Resets resets;
    account->configure(kDaily, local_noon(), resets);
    UsedCounter a(kDaily, local_noon(), account);
    std::string journal;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(a.reserve(local_noon()));
      journal += format_record(a.settle(local_noon()));
    }
    account->mark_unsaved();
    const auto saved = std::make_shared<Counter>(*account->take_changes());
    REQUIRE(a.reserve(local_noon()));
    journal += format_record(a.settle(local_noon()));
    Wallets wallets("unused");
    Replay replay({saved}, {}, wallets);
    CHECK(replay.read(journal) == 0);
    const auto counters = replay.counters();
    REQUIRE(counters.size() == 2);
    for (const auto& counter : counters) {
      CAPTURE(counter->model());
      CHECK(counter->state(local_noon(), resets).total.requests == 4);
      CHECK(counter->sequence() == 4);
    }
  }

  TEST_CASE("of a counter whose file was deleted, only what was settled after that counts, in whatever order") {
    // Five records: before there was a file, with one, and after it was deleted and noticed.
    UsedCounter f(kDaily, local_noon());
    std::vector<std::string> lines;
    for (int i = 0; i < 5; ++i) {
      if (i == 2) f.counter->set_saved(true);
      if (i == 4) f.counter->clear(local_noon(), f.resets);
      REQUIRE(f.reserve(local_noon()));
      lines.push_back(format_record(f.settle(local_noon())));
    }
    struct Row {
      std::string name;
      std::vector<std::size_t> order;
      std::int64_t want;
    };
    for (const Row& row :
         {Row{"nobody noticed yet", {0, 1, 2, 3}, 0}, Row{"noticed", {0, 1, 2, 3, 4}, 1},
          Row{"one from before the file was late", {0, 2, 3, 1, 4}, 1}, Row{"one with the file was late", {2, 4, 3}, 1},
          Row{"no record with the file is left", {4}, 1}, Row{"the file was never there", {0, 1}, 2}}) {
      CAPTURE(row.name);
      std::string journal;
      for (const std::size_t i : row.order) journal += lines[i];
      Wallets wallets("unused");
      Replay replay({}, {}, wallets);
      CHECK(replay.read(journal) == 0);
      const auto counter = replay.counters().at(0);
      CHECK(counter->state(local_noon(), f.resets).total.requests == row.want);
      CHECK(counter->state(local_noon(), f.resets).windows[0].used.requests == row.want);
      Resets resets;
      counter->configure(kDaily, local_noon(), resets);
      CHECK(counter->state(local_noon(), resets).windows[0].used.requests == row.want);
    }
  }

  TEST_CASE("of a counter whose file was broken everything counts that the journal has") {
    UsedCounter f(kDaily, local_noon());
    f.counter->set_saved(true);
    std::string journal;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(f.reserve(local_noon()));
      journal += format_record(f.settle(local_noon()));
    }
    Wallets wallets("unused");
    Replay replay({}, {f.counter->file()}, wallets);
    CHECK(replay.read(journal) == 0);
    Resets resets;
    CHECK(replay.counters().at(0)->state(local_noon(), resets).total.requests == 3);
  }

  TEST_CASE("lines that are no records are counted, and the others count") {
    Life life(kDaily);
    for (int i = 0; i < 3; ++i) life.use(local_noon());
    const std::vector<std::string> lines = {"\n\n", life.lines[0], "\ngarbage", life.lines[1].substr(0, 40),
                                            life.lines[2], "\n"};
    const Replayed got = replay(std::nullopt, lines, life, local_noon());
    CHECK(got.damaged == 2);
    CHECK(got.state.total.requests == 2);
  }
}
