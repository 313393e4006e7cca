#include "usage/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <sstream>
#include <thread>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Journal> open_journal(const fs::path& path) {
  auto journal = Journal::open(path);
  REQUIRE(journal);
  return std::move(*journal);
}

}  // namespace

TEST_SUITE("usage/journal") {
  TEST_CASE("records are appended, also after opening again") {
    const TempFolder folder;
    REQUIRE(open_journal(folder / "journal")->append("\none"));
    const auto journal = open_journal(folder / "journal");
    CHECK(journal->bytes() == 4);
    REQUIRE(journal->append("\ntwo"));
    CHECK(journal->sync());
    CHECK(journal->bytes() == 8);
    CHECK(contents(folder / "journal") == "\none\ntwo");
  }

  TEST_CASE("a cut has two halves, and an unfinished one is found again") {
    const TempFolder folder;
    {
      const auto journal = open_journal(folder / "journal");
      REQUIRE(journal->append("\nold"));
      REQUIRE(journal->rotate());
      CHECK(journal->has_old());
      CHECK(journal->bytes() == 0);
      REQUIRE(journal->append("\nnew"));
    }
    const auto journal = open_journal(folder / "journal");
    CHECK(journal->has_old());
    CHECK(contents(folder / "journal.old") == "\nold");
    CHECK(contents(folder / "journal") == "\nnew");
    REQUIRE(journal->drop_old());
    CHECK_FALSE(journal->has_old());
    CHECK_FALSE(fs::exists(folder / "journal.old"));
  }

  TEST_CASE("until a failed sync is forgotten all fail, and until the old one is dropped they cover it too") {
    const TempFolder folder;
    REQUIRE(::mkfifo((folder / "journal").c_str(), 0600) == 0);
    const Fd reader(::open((folder / "journal").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const auto journal = open_journal(folder / "journal");  // a pipe takes records, but can't be synced
    const auto failure = [&] {
      const Status synced = journal->sync();
      return synced ? std::string() : synced.error().detail;
    };
    const auto cannot_sync = [&](const char* name) {
      return "can't sync " + (folder / name).string() + ": Invalid argument";
    };
    REQUIRE(journal->append("\nold"));
    CHECK(failure() == cannot_sync("journal"));
    REQUIRE(journal->rotate());
    REQUIRE(journal->append("\nnew"));
    CHECK(failure() == cannot_sync("journal"));  // a good file by now, but what was lost is not in it
    journal->forget_failed_sync();
    CHECK(failure() == cannot_sync("journal.old"));  // a record may have gone there meanwhile
    REQUIRE(journal->drop_old());
    CHECK(failure() == cannot_sync("journal.old"));
    journal->forget_failed_sync();
    CHECK(failure() == "");
    CHECK(contents(folder / "journal") == "\nnew");
  }

  TEST_CASE("a damaged journal is kept for people when it is cut") {
    const TempFolder folder;
    const auto journal = open_journal(folder / "journal");
    journal->set_damage({true, false});
    for (const char* text : {"\ndamaged", "\ngood"}) {
      REQUIRE(journal->append(text));
      REQUIRE(journal->rotate());
      REQUIRE(journal->drop_old());
    }
    CHECK(contents(folder / "journal.old.corrupt") == "\ndamaged");
    CHECK_FALSE(fs::exists(folder / "journal.old"));
  }

  TEST_CASE("a journal that somebody deletes or replaces comes back") {
    const TempFolder folder;
    const auto journal = open_journal(folder / "journal");
    auto gone = journal->reopen_if_gone();
    REQUIRE(gone);
    CHECK_FALSE(*gone);
    for (const bool replaced : {false, true}) {
      CAPTURE(replaced);
      fs::remove(folder / "journal");
      if (replaced) put(folder / "journal", "theirs");
      gone = journal->reopen_if_gone();
      REQUIRE(gone);
      CHECK(*gone);
      REQUIRE(journal->append("\nours"));
      CHECK(contents(folder / "journal") == (replaced ? "theirs\nours" : "\nours"));
    }
  }

  TEST_CASE("a write that breaks off is an error, and the next record begins on its own line") {
    const TempFolder folder;
    const auto journal = open_journal(folder / "journal");
    {
      const FileSizeLimit limit(7);
      CHECK(journal->append("\none"));
      const Status torn = journal->append("\ntwo");
      REQUIRE_FALSE(torn);
      CHECK(torn.error().detail.find("journal") != std::string::npos);
      CHECK_FALSE(journal->append("\nlost"));
    }
    CHECK(journal->append("\nfour"));
    CHECK(contents(folder / "journal") == "\none\ntw\nfour");
    CHECK(journal->bytes() == 12);
  }

  TEST_CASE("no record is lost or mixed up while threads write and the journal is cut") {
    const TempFolder folder;
    const auto journal = open_journal(folder / "journal");
    constexpr int kThreads = 4;
    constexpr int kRecords = 2000;
    std::atomic<int> running{kThreads};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&journal, &running, t] {
        for (int i = 0; i < kRecords; ++i) {
          if (!journal->append("\nrecord " + std::to_string(t) + " " + std::to_string(i) + ".")) break;
        }
        --running;
      });
    }
    // Each old file is read only after the writers are done: a writer may hit it until the moment it is replaced.
    int cuts = 0;
    while (running > 0) {
      if (!journal->rotate()) break;
      fs::rename(folder / "journal.old", folder / ("cut" + std::to_string(cuts++)));
    }
    for (std::thread& thread : threads) thread.join();
    fs::rename(folder / "journal", folder / ("cut" + std::to_string(cuts++)));
    std::vector<std::string> lines;
    for (int cut = 0; cut < cuts; ++cut) {
      std::istringstream text(contents(folder / ("cut" + std::to_string(cut))));
      for (std::string line; std::getline(text, line);) {
        if (!line.empty()) lines.push_back(line);
      }
    }
    CHECK(lines.size() == kThreads * kRecords);
    CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == kThreads * kRecords);
    CHECK(std::all_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.rfind("record ", 0) == 0 && line.back() == '.';
    }));
  }

  TEST_CASE("after close nothing is written") {
    const TempFolder folder;
    const auto journal = open_journal(folder / "journal");
    journal->close();
    CHECK(journal->append("\nlate"));
    CHECK(contents(folder / "journal").empty());
  }
}
