#include "config/live_config.h"

#include <atomic>
#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <vector>

#include "config/loading.h"
#include "config/temporary_folder.h"

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

}  // TEST_SUITE

}  // namespace aigw::config
