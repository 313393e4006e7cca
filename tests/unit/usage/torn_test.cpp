// Journals and counter files that a crash, a bad disk or a hand has damaged, at every byte: never a crash, never
// silently zero.
#include <doctest/doctest.h>

#include "usage/counters_fixture.h"
#include "usage/folder.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kSecond{1};

config::Config two_windows_and_account() {
  return config_of({{"gpt", "one", {limit_of(1000), rolling("5h", 1000)}, "acme", {limit_of(1000)}}});
}

CounterState account_of(const Gateway& gateway) { return *gateway.meter()->account_state(noon()); }

// A gateway that was killed: what its folder held, and what it had counted.
struct Killed {
  std::string journal;
  std::string file;  // of gpt / one
  CounterState state;
};

// Settles `saved` exchanges that the files include, then `journalled` ones that only the journal has; without the
// former there are no files.
Killed run_and_kill(int saved, int journalled) {
  const TempFolder folder;
  Gateway gateway(folder.path());
  gateway.counters->apply(two_windows_and_account(), noon());
  for (int i = 0; i < saved; ++i) CHECK(gateway.use(noon()));
  if (saved > 0) gateway.counters->tick(noon());
  for (int i = 0; i < journalled; ++i) CHECK(gateway.use(noon()));
  return {contents(folder / "journal"), contents(folder / "gpt/one.json"), gateway.state()};
}

void check_same_periods(const CounterState& got, const CounterState& want) {
  REQUIRE(got.windows.size() == want.windows.size());
  for (std::size_t i = 0; i < want.windows.size(); ++i) {
    CAPTURE(i);
    CHECK(got.windows[i].last_reset == want.windows[i].last_reset);
    CHECK(got.windows[i].next_reset == want.windows[i].next_reset);
  }
}

// Requests of a counter of the folder that nobody configured; -1 if there is none.
std::int64_t requests_of(const Found& found, const std::string& model) {
  Resets resets;
  for (const auto& counter : found.counters) {
    if (counter->model() == model) return counter->state(noon(), resets).total.requests;
  }
  return -1;
}

}  // namespace

TEST_SUITE("usage/torn") {
  TEST_CASE("a journal cut at any byte of its last record loses that record, and the next one counts") {
    const std::size_t two = run_and_kill(0, 2).journal.size();
    const Killed killed = run_and_kill(0, 3);
    REQUIRE(killed.journal.size() > two + 100);
    for (std::size_t size = two; size <= killed.journal.size(); ++size) {
      CAPTURE(size);
      const bool whole = size == killed.journal.size();
      const TempFolder folder;
      put(folder / "journal", killed.journal.substr(0, size));
      {
        Gateway gateway(folder.path());
        gateway.counters->apply(two_windows_and_account(), noon());
        CHECK(gateway.state().total.requests == (whole ? 3 : 2));
        CHECK(account_of(gateway).total.requests == (whole ? 3 : 2));
        check_same_periods(gateway.state(), killed.state);
        const bool torn = size > two + 1 && !whole;
        CHECK(gateway.warnings.size() == (torn ? 1 : 0));
        if (torn) CHECK(contents(folder / "journal.old.corrupt") == killed.journal.substr(0, size));
        CHECK(gateway.use(noon()));
      }
      CHECK(Gateway(folder.path()).state().total.requests == (whole ? 4 : 3));
    }
  }

  TEST_CASE("records after a torn one count, be they written by the same process") {
    const Killed killed = run_and_kill(0, 3);
    const std::size_t one = run_and_kill(0, 1).journal.size();
    const std::size_t two = run_and_kill(0, 2).journal.size();
    const TempFolder folder;
    for (std::size_t size = one + 2; size < two; ++size) {
      CAPTURE(size);
      put(folder / "journal", killed.journal.substr(0, size) + killed.journal.substr(two));
      Wallets wallets("unused");
      const auto found = read_folder(folder.path(), wallets);
      REQUIRE(found);
      CHECK(requests_of(*found, "gpt") == 2);
      CHECK(requests_of(*found, "_providers") == 2);
      CHECK(found->warnings.size() == 1);
    }
  }

  TEST_CASE("a byte of the journal that is wrong costs the record that it is in, or what it joins") {
    const Killed killed = run_and_kill(0, 3);
    const std::size_t begin = run_and_kill(0, 1).journal.size();
    const std::size_t end = run_and_kill(0, 2).journal.size();
    const TempFolder folder;
    for (std::size_t i = begin; i < end; ++i) {
      for (int bit = 0; bit < 10; ++bit) {
        std::string journal = killed.journal;
        const char before = journal[i];
        journal[i] = bit < 8 ? static_cast<char>(before ^ (1 << bit)) : bit == 8 ? '\0' : '\n';
        // A capital digit of the checksum is the same digit, and a line feed for a line feed is no damage.
        const bool same = journal[i] == before || (i <= begin + 8 && before >= 'a' && bit == 5);
        const std::int64_t want = same ? 3 : i == begin ? 1 : 2;
        put(folder / "journal", journal);
        Wallets wallets("unused");
        const auto found = read_folder(folder.path(), wallets);
        REQUIRE(found);
        if (requests_of(*found, "gpt") == want && requests_of(*found, "_providers") == want &&
            found->warnings.size() == (same ? 0 : 1) && found->journal_damage.current == !same) {
          continue;
        }
        CAPTURE(i);
        CAPTURE(bit);
        CHECK(requests_of(*found, "gpt") == want);
        CHECK(requests_of(*found, "_providers") == want);
        CHECK(found->warnings.size() == (same ? 0 : 1));
        CHECK(found->journal_damage.current == !same);
      }
    }
  }

  TEST_CASE("garbage around the records costs nothing but itself") {
    const Killed killed = run_and_kill(0, 2);
    for (const std::string& around : {std::string(50, '\xff'), std::string(5000, '\0'), std::string("\n\n{\"a\":1}\n "),
                                      std::string("\n0 U\n U \n00000000 U 1 1 1 - 1 - 1 0 a b |0|1|-")}) {
      CAPTURE(around);
      const TempFolder folder;
      put(folder / "journal", around + killed.journal + "\n" + around);
      Gateway gateway(folder.path());
      CHECK(gateway.state().total.requests == 2);
      CHECK(gateway.warnings.size() == 1);
    }
  }

  TEST_CASE("a counter file cut at any byte is set aside, and the counter rebuilt from the journal") {
    const Killed killed = run_and_kill(1, 1);
    REQUIRE(killed.file.find("\"requests\": 1,") != std::string::npos);
    for (std::size_t size = 0; size + 1 < killed.file.size(); ++size) {
      CAPTURE(size);
      const TempFolder folder;
      put(folder / "journal", killed.journal);
      put(folder / "gpt/one.json", killed.file.substr(0, size));
      Gateway gateway(folder.path());
      REQUIRE(gateway.warnings.size() == 1);
      CHECK(gateway.warnings[0].find("gpt/one.json is broken") != std::string::npos);
      CHECK(contents(folder / "gpt/one.json.corrupt") == killed.file.substr(0, size));
      gateway.counters->apply(two_windows_and_account(), noon());
      CHECK(gateway.state().total == killed.state.total);
      check_same_periods(gateway.state(), killed.state);
      CHECK(gateway.use(noon()));
      if (size % 50 != 0) continue;
      const TempFolder again;
      copy_as_killed(folder.path(), again.path());
      CHECK(Gateway(again.path()).state().total.requests == 3);
    }
  }

  TEST_CASE("a wrong byte in a counter file never makes it zero without a word") {
    const Killed killed = run_and_kill(12, 0);
    for (std::size_t i = 0; i < killed.file.size(); ++i) {
      CAPTURE(i);
      std::string file = killed.file;
      file[i] = static_cast<char>(file[i] ^ (1 << (i % 8)));
      CAPTURE(file);
      const TempFolder folder;
      put(folder / "gpt/one.json", file);
      Gateway gateway(folder.path());
      CHECK(fs::exists(folder / "gpt/one.json.corrupt") == (gateway.warnings.size() == 1));
      if (!gateway.warnings.empty()) continue;
      CHECK(gateway.state().total.requests > 0);
      gateway.counters->apply(two_windows_and_account(), noon());
      const bool reset = !gateway.resets.empty();  // a time in the past was made of the next one
      for (const WindowState& window : gateway.state().windows) CHECK((window.used.requests > 0 || reset));
      CHECK(gateway.use(noon()));
      gateway.counters->tick(noon() + 9 * kSecond);
    }
  }

  TEST_CASE("a counter file that lies about its shape is set aside, and the counter rebuilt from the journal") {
    const Killed killed = run_and_kill(1, 1);
    const auto with = [&](const std::string& from, const std::string& to) {
      std::string text = killed.file;
      const std::size_t place = text.find(from);
      REQUIRE(place != std::string::npos);
      return text.replace(place, from.size(), to);
    };
    const std::size_t others = killed.file.find("\"other_windows\"");
    const std::string without_windows =
        killed.file.substr(0, others) + killed.file.substr(killed.file.find("\"total_requests\""));
    for (const std::string& text :
         {without_windows, with("\"other_windows\": [", "\"other_windows\": [{\"period\": \"5h\"}, "),
          with("\"period\": \"5h\"", "\"period\": \"5 hours\""),
          with("\"period\": \"0 0 * * *\"", "\"period\": \"0 0 31 2 *\""), with("\"since\": 0", "\"since\": 99"),
          with("\"period\"", "\"periods\""), with("\"model\": \"gpt\"", "\"model\": \"x\""),
          std::string("{\"version\": 1, \"model\": \"gpt\", \"provider\": \"one\"}"), std::string("{}"),
          std::string()}) {
      CAPTURE(text);
      const TempFolder folder;
      put(folder / "journal", killed.journal);
      put(folder / "gpt/one.json", text);
      Gateway gateway(folder.path());
      CHECK(gateway.warnings.size() == 1);
      CHECK(contents(folder / "gpt/one.json.corrupt") == text);
      gateway.counters->apply(two_windows_and_account(), noon());
      CHECK(gateway.state().total == killed.state.total);
      check_same_periods(gateway.state(), killed.state);
    }
  }
}
