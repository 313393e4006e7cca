#include "config/live_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <vector>

#include "config/loading.h"
#include "config/masked_text.h"
#include "config/temporary_folder.h"
#include "config/text_file.h"

namespace aigw::config {
namespace {

std::string with_port(int port) { return with_global("\"port\": " + std::to_string(port)); }

}  // namespace

TEST_SUITE("config/live_config") {

TEST_CASE("a reload puts the file in force and says what changed") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  LiveConfig live(load_file(path, kNoVariables).config, path, kNoVariables, {});
  const Snapshot before = live.get();
  CHECK(before->global.port == 1000);

  folder.write("provider.json", with_port(2000));
  const Reload reload = live.reload();
  CHECK(reload.done());
  CHECK(reload.changes == Changes{{}, {}, {"_global"}, {"_global.port"}});
  CHECK(live.get()->global.port == 2000);
  CHECK(before->global.port == 1000);  // who holds a snapshot keeps it

  CHECK(live.reload().changes.empty());
}

TEST_CASE("a reload reads prices.json again") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  LiveConfig live(load_file(path, kNoVariables).config, path, kNoVariables, {});

  folder.write("prices.json", R"({"date": "2026-11-20", "prices": {"x": {"input": 1}}})");
  CHECK(live.reload().changes == Changes{{}, {}, {"prices.json"}, {}});
  CHECK(live.get()->prices_date == "2026-11-20");
  CHECK(live.reload().changes.empty());

  folder.write("prices.json", "{");
  CHECK_FALSE(live.reload().done());
  CHECK(live.get()->prices_date == "2026-11-20");
}

TEST_CASE("a file with problems changes nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  LiveConfig live(load_file(path, kNoVariables).config, path, kNoVariables, {});
  const Snapshot before = live.get();

  folder.write("provider.json", with_port(70000));
  const Reload reload = live.reload();
  CHECK_FALSE(reload.done());
  CHECK(lines_of(texts_of(reload.problems)) == "_global.port: expected a whole number from 0 to 65535, got 70000\n");
  CHECK(reload.changes.empty());
  CHECK(live.get() == before);
}

TEST_CASE("the command line beats every file that is loaded") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  const Overrides overrides{"0.0.0.0", 7000, 3};
  LiveConfig live(load_file(path, kNoVariables, overrides).config, path, kNoVariables, overrides);
  folder.write("provider.json", with_port(2000));
  const Reload reload = live.reload();
  CHECK(reload.changes.empty());
  CHECK(live.get()->global.host == "0.0.0.0");
  CHECK(live.get()->global.port == 7000);
  CHECK(live.get()->global.threads == 3);
}

TEST_CASE("warnings of the new file are handed on") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  LiveConfig live(load_file(path, kNoVariables).config, path, kNoVariables, {});
  folder.write("provider.json", "{}");
  CHECK(live.reload().warnings == std::vector<std::string>{"no model is configured"});
}

TEST_CASE("readers see whole snapshots while others reload") {
  const TemporaryFolder folder;
  const std::string path = folder.write("provider.json", with_port(1000));
  LiveConfig live(load_file(path, kNoVariables).config, path, kNoVariables, {});
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const Snapshot snapshot = live.get();
        if (snapshot->global.port != 1000 || snapshot->routes.size() != 1) ++torn;
      }
    });
  }
  std::vector<std::thread> reloaders;
  std::atomic<int> done{0};
  for (int i = 0; i < 2; ++i) {
    reloaders.emplace_back([&] {
      for (int count = 0; count < 50; ++count) done += live.reload().done() ? 1 : 0;
    });
  }
  for (std::thread& thread : reloaders) thread.join();
  stop = true;
  for (std::thread& thread : readers) thread.join();
  CHECK(torn == 0);
  CHECK(done == 100);
}

// A file with a secret, and the gateway that runs by it.
struct Edited {
  TemporaryFolder folder;
  std::string text = with_global("\"api_key\": \"of-the-gateway\", \"history_days\": 1");
  std::string path = folder.write("provider.json", text);
  LiveConfig live{load_file(path, kNoVariables).config, path, with_variables({{"NAME", "value-of-name"}}), {}};

  std::string in_file() const { return *read_text_file(path, kFileBytesMax); }
  std::string digest() const { return live.file().value().digest; }
  // As it is shown, with another number of days.
  std::string with_days(const std::string& days) const {
    std::string shown = masked_text(text);
    return shown.replace(shown.find("days\": 1") + 7, 1, days);
  }
};

TEST_CASE("what is saved stands in the file with its secrets, and is in force") {
  Edited edited;
  CHECK(edited.live.file().value().text == edited.text);
  const Saved saved = edited.live.save(edited.with_days("7"), edited.digest());
  CHECK(saved.outcome == Saved::Outcome::Done);
  CHECK(saved.reload.changes.changed == std::vector<std::string>{"_global"});
  CHECK(saved.digest == edited.digest());
  CHECK(edited.live.get()->global.history_days == 7);
  CHECK(edited.live.get()->global.api_key == Secret("of-the-gateway"));
  CHECK(edited.in_file() == with_global("\"api_key\": \"of-the-gateway\", \"history_days\": 7"));
}

TEST_CASE("what can't be saved changes neither file nor configuration") {
  using Outcome = Saved::Outcome;
  Edited edited;
  struct Row {
    std::string name, text, digest;
    Outcome want;
  };
  for (const Row& row : {Row{"bad value", edited.with_days("-"), edited.digest(), Outcome::Problems},
                         Row{"bad mask", with_global("\"admin_key\": \"" + std::string(kMask) + "\""), edited.digest(),
                             Outcome::Problems},
                         Row{"another file", edited.with_days("7"), "another", Outcome::Changed}}) {
    CAPTURE(row.name);
    const Saved saved = edited.live.save(row.text, row.digest);
    CHECK(saved.outcome == row.want);
    CHECK(saved.reload.problems.empty() == (row.want != Outcome::Problems));
    CHECK(edited.in_file() == edited.text);
    CHECK(edited.live.get()->global.history_days == 1);
  }
  const std::string digest = edited.digest();
  REQUIRE(::chmod(edited.path.c_str(), 0444) == 0);
  CHECK(edited.live.save(edited.with_days("7"), digest).outcome == Outcome::ReadOnly);
  REQUIRE(::unlink(edited.path.c_str()) == 0);
  const Saved failed = edited.live.save(edited.with_days("7"), digest);
  CHECK(failed.outcome == Outcome::Failed);
  CHECK(failed.reason == "can't read " + edited.path + ": No such file or directory");
}

TEST_CASE("a check tells what a text would do, in the places of that text, and does nothing") {
  Edited edited;
  const Reload good = edited.live.check(edited.with_days("7"));
  CHECK(good.done());
  CHECK(good.changes.changed == std::vector<std::string>{"_global"});
  const Reload bad = edited.live.check(edited.with_days("-1"));
  REQUIRE(bad.problems.size() == 1);
  CHECK(bad.problems[0].path == "_global.history_days");
  CHECK(bad.problems[0].place == Place{1, 37});
  const Reload torn = edited.live.check(masked_text(edited.text) + "]");
  REQUIRE(torn.problems.size() == 1);
  CHECK(torn.problems[0].place->column == 109);
  CHECK(edited.in_file() == edited.text);
  CHECK(edited.live.get()->global.history_days == 1);
}

TEST_CASE("a check shows no value of a variable") {
  const Edited edited;
  const Reload named = edited.live.check(R"({"m": {"providers": [{"name": "${NAME}", "type": "mock"}]}})");
  CHECK(named.changes.added == std::vector<std::string>{"m/${NAME}"});
  const Reload warned = edited.live.check(
      R"({"m": {"providers": [{"name": "a${NAME}b", "endpoint": "https://x.example", "model": "m", )"
      R"("api_key": "${NONE}"}]}})");
  REQUIRE(warned.warnings.size() == 1);
  CHECK(warned.warnings[0] == "m.providers[0] \"a${NAME}b\" is unavailable: environment variable NONE is not set");
}

}  // TEST_SUITE

}  // namespace aigw::config
