#include "observe/audit.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "base/timestamp.h"
#include "config/temporary_folder.h"
#include "usage/file_size_limit.h"

namespace aigw::observe {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kBytesMax = 10 * 1024 * 1024;

WallTime some_time() { return *parse_timestamp("2026-11-21T14:00:00Z") + Millis(7); }

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Audit> open_audit(const fs::path& folder) {
  auto audit = Audit::open(folder);
  REQUIRE(audit);
  return std::move(*audit);
}

AuditEntry entry_for(std::string_view target) { return {"admin_key", "192.168.1.7", "key.change", target, "", ""}; }

TEST_SUITE("observe/audit") {
  TEST_CASE("a line is what the header shows") {
    const AuditEntry entry{"admin_key",       "192.168.1.7",          "key.change", "laptop",
                           "{ \"a\": 1.50 }", "{\"z\":1,\n\"a\":2}"};
    std::string time = format_timestamp(some_time());
    time.insert(19, ".007");
    CHECK(audit_line(entry, some_time()) ==
          "{\"time\":\"" + time +
              R"(","who":"admin_key","from":"192.168.1.7","action":"key.change","target":"laptop",)"
              R"("before":{"a":1.50},"after":{"z":1,"a":2}})"
              "\n");
    CHECK(ends_with(audit_line(entry_for("laptop"), some_time()), R"("before":null,"after":null})"
                                                                  "\n"));
  }

  TEST_CASE("whatever an entry holds, it is one line of JSON, and no text adds a field") {
    const std::string zero_inside("a\0b", 3);
    for (const std::string& evil : {std::string("\"},\"who\":\"x"), std::string("a\nb\r\x1b[2J\x7f\\"), zero_inside,
                                    std::string("\xff\xc3"), std::string(100'000, '"'), std::string("{\"a\":1}{"),
                                    std::string(2'000, '['), std::string("{\"a\":1,\"a\":2}")}) {
      const std::string line = audit_line({evil, evil, evil, evil, evil, evil}, some_time());
      CAPTURE(line.substr(0, 300));
      CHECK(line.find('\n') == line.size() - 1);
      for (const char c : line.substr(0, line.size() - 1)) REQUIRE(static_cast<unsigned char>(c) >= 0x20);
      const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
      REQUIRE(parsed.is_object());
      CHECK(parsed.size() == 7);
      CHECK(parsed["who"] == parsed["target"]);
      CHECK(parsed["before"].is_string());
    }
  }

  TEST_CASE("each line is in the file when write() returns, behind those of earlier runs") {
    const config::TemporaryFolder folder;
    const fs::path file = fs::path(folder.path()) / "logs" / "audit.log";
    std::string want;
    for (const char* target : {"one", "two", "three"}) {
      const auto audit = open_audit(file.parent_path());
      REQUIRE(audit->write(entry_for(target), some_time()));
      want += audit_line(entry_for(target), some_time());
      CHECK(contents(file) == want);
    }
  }

  TEST_CASE("a line that a crash cut off does not spoil the next one") {
    const config::TemporaryFolder folder;
    folder.write("audit.log", "{\"time\":\"20");
    const auto audit = open_audit(folder.path());
    REQUIRE(audit->write(entry_for("laptop"), some_time()));
    CHECK(contents(folder.path() + "/audit.log") ==
          "{\"time\":\"20\n" + audit_line(entry_for("laptop"), some_time()));
  }

  TEST_CASE("at 10 MiB it rotates, and five old files are kept") {
    const config::TemporaryFolder folder;
    const auto audit = open_audit(folder.path());
    const std::string line = audit_line(entry_for("laptop"), some_time());
    const std::string fits(kBytesMax - line.size() - 1, 'x');
    folder.write("audit.log", fits + "\n");
    REQUIRE(audit->write(entry_for("laptop"), some_time()));
    CHECK(fs::file_size(folder.path() + "/audit.log") == kBytesMax);
    CHECK_FALSE(fs::exists(folder.path() + "/audit.1.log"));

    for (char number = '1'; number <= '7'; ++number) {
      REQUIRE(audit->write(entry_for("laptop"), some_time()));
      CHECK(contents(folder.path() + "/audit.log") == line);
      folder.write("audit.log", number + fits + "\n");  // full again
    }
    for (const int number : {1, 2, 3, 4, 5}) {
      CAPTURE(number);
      const std::string old = contents(folder.path() + "/audit." + std::to_string(number) + ".log");
      REQUIRE_FALSE(old.empty());
      CHECK(old.front() == static_cast<char>('7' - number));
    }
    CHECK_FALSE(fs::exists(folder.path() + "/audit.6.log"));
  }

  TEST_CASE("what can't be written is said, and leaves no half line") {
    const config::TemporaryFolder folder;
    folder.write("file", "");
    const auto nowhere = Audit::open(folder.path() + "/file");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().kind == ErrorKind::Io);

    const auto audit = open_audit(folder.path());
    REQUIRE(audit->write(entry_for("one"), some_time()));
    const std::string before = contents(folder.path() + "/audit.log");
    {
      const usage::FileSizeLimit full(before.size() + 10);
      const Status written = audit->write(entry_for("two"), some_time());
      REQUIRE_FALSE(written);
      CHECK(written.error().kind == ErrorKind::Io);
      CHECK(contents(folder.path() + "/audit.log") == before);
    }
    REQUIRE(audit->write(entry_for("three"), some_time()));
    CHECK(contents(folder.path() + "/audit.log") == before + audit_line(entry_for("three"), some_time()));
  }

  TEST_CASE("lines of many threads are all written, and a full file is rotated once") {
    constexpr std::size_t kThreads = 4;
    const config::TemporaryFolder folder;
    const fs::path file = folder.path() + "/audit.log";
    const auto audit = open_audit(folder.path());
    const std::string line = audit_line(entry_for("laptop"), some_time());
    std::string want;
    for (std::size_t i = 0; i < kThreads; ++i) want += line;
    for (int round = 0; round < 20; ++round) {
      CAPTURE(round);
      fs::resize_file(file, kBytesMax);
      std::vector<std::thread> threads;
      for (std::size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] { static_cast<void>(audit->write(entry_for("laptop"), some_time())); });
      }
      for (std::thread& thread : threads) thread.join();
      CHECK(contents(file) == want);
      CHECK(fs::file_size(folder.path() + "/audit.1.log") == kBytesMax);
    }
  }
}

}  // namespace
}  // namespace aigw::observe
