#include "auth/key_store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <doctest/doctest.h>

#include "auth/key_ring.h"
#include "auth/key_secret.h"
#include "base/timestamp.h"
#include "config/temporary_folder.h"
#include "usage/file_size_limit.h"

namespace aigw::auth {
namespace {

namespace fs = std::filesystem;

// With a fraction, which the file does not hold.
WallTime now() { return *parse_timestamp("2026-11-21T12:00:00Z") + Millis(300); }

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class StoreFolder {
 public:
  fs::path file() const { return fs::path(folder_.path()) / "data" / "keys.json"; }
  std::string text() const { return contents(file()); }

  std::unique_ptr<KeyStore> open() const {
    auto store = KeyStore::open(file());
    REQUIRE_MESSAGE(store, (store ? "" : store.error().detail));
    return std::move(*store);
  }

  void put(const std::string& text) const {
    fs::create_directories(file().parent_path());
    std::ofstream(file(), std::ios::binary) << text;
  }

 private:
  config::TemporaryFolder folder_;
};

KeyStore::Change done(Result<KeyStore::Change> change) {
  REQUIRE_MESSAGE(change, (change ? "" : change.error().detail));
  return std::move(*change);
}

bool opens(const KeyStore& store, const Secret& secret, WallTime at) {
  return KeyRing(store.keys()).find(secret.reveal(), at).has_value();
}

constexpr const char* kSettings = R"({"owner":"anna","limits":{"requests_per_minute":60,"queue":true}})";

TEST_SUITE("auth/key_store") {
  TEST_CASE("without a file there are no keys, and none is made before there is one") {
    const StoreFolder folder;
    CHECK(folder.open()->keys().empty());
    CHECK_FALSE(fs::exists(folder.file()));
  }

  TEST_CASE("a new key opens the gateway, now and after a restart; its secret is not in the file") {
    const StoreFolder folder;
    const auto store = folder.open();
    const auto made = done(store->create("laptop", kSettings, now()));
    CHECK(made.before == config::Key());
    CHECK(made.after.name == "laptop");
    CHECK(made.after.owner == "anna");
    CHECK(made.after.limits.requests_per_minute == 60);
    CHECK(made.after.digests == std::vector<config::KeyDigest>{{digest_of(made.secret.reveal()), std::nullopt}});
    done(store->create("phone", "{}", now()));

    CHECK(folder.text().find(made.secret.reveal().substr(6)) == std::string::npos);
    struct stat info {};
    REQUIRE(::stat(folder.file().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    const auto again = folder.open();
    CHECK(again->keys() == store->keys());
    REQUIRE(again->keys().size() == 2);
    CHECK(again->keys().front() == made.after);
    CHECK(opens(*again, made.secret, now()));
  }

  TEST_CASE("a change is a merge patch: what it does not name stays, null takes out") {
    struct Row {
      std::string patch;
      std::string want;
    };
    for (const Row& row :
         {Row{"{}", R"({"owner":"anna","limits":{"requests_per_minute":60,"queue":true}})"},
          Row{R"({"owner":null})", R"({"limits":{"requests_per_minute":60,"queue":true}})"},
          Row{R"({"limits":{"queue":null,"max_concurrent":3}})",
              R"({"owner":"anna","limits":{"requests_per_minute":60,"max_concurrent":3}})"},
          Row{R"({"limits":null,"role":"admin"})", R"({"owner":"anna","role":"admin"})"},
          Row{R"({"budget":{"cost_per_period":0.10},"limits":null})",
              R"({"owner":"anna","budget":{"cost_per_period":0.10}})"}}) {
      CAPTURE(row.patch);
      const StoreFolder folder;
      const auto store = folder.open();
      const auto made = done(store->create("laptop", kSettings, now()));
      const auto changed = done(store->change("laptop", row.patch));
      CHECK(changed.before == made.after);
      CHECK(changed.after == store->keys().front());
      CHECK(changed.after.digests == made.after.digests);
      CHECK(changed.secret.empty());
      CHECK(folder.text().find("\"settings\":" + row.want + "}") != std::string::npos);
      CHECK(folder.open()->keys() == store->keys());
      const auto fresh = key_from_settings("laptop", row.want);
      REQUIRE(fresh);
      config::Key want = *fresh;
      want.digests = made.after.digests;
      CHECK(changed.after == want);
    }
  }

  TEST_CASE("what is refused leaves all as it was, and says everything that is wrong") {
    const StoreFolder folder;
    const auto store = folder.open();
    done(store->create("laptop", kSettings, now()));
    const std::string before = folder.text();
    const auto keys = store->keys();
    const std::string deep(5'000, '[');
    struct Row {
      const char* name;
      Result<KeyStore::Change> result;
      ErrorKind kind;
      std::string said;
    };
    for (const Row& row :
         {Row{"taken", store->create("laptop", "{}", now()), ErrorKind::Conflict, "there is a key \"laptop\""},
          Row{"bad name", store->create("a b", "{}", now()), ErrorKind::Invalid, "name: a key's name has"},
          Row{"own name", store->create("api_key", "{}", now()), ErrorKind::Invalid, "uses this name itself"},
          Row{"no object", store->create("new", "[]", now()), ErrorKind::Invalid, "expected an object"},
          Row{"no JSON", store->create("new", "{", now()), ErrorKind::Invalid, "line 1"},
          Row{"deep", store->create("new", deep, now()), ErrorKind::Invalid, "nested deeper"},
          Row{"secret", store->create("new", R"({"key":"sk-0123456789abcdef"})", now()), ErrorKind::Invalid, "key: "},
          Row{"two", store->create("new", R"({"ownr":"a","enabled":1})", now()), ErrorKind::Invalid, "\nenabled: "},
          Row{"bad value", store->change("laptop", R"({"owner":"eve","role":"root"})"), ErrorKind::Invalid, "role: "},
          Row{"empty limits", store->change("laptop", R"({"limits":{"requests_per_minute":null}})"),
              ErrorKind::Invalid, "limits: "},
          Row{"no patch", store->change("laptop", "7"), ErrorKind::Invalid, "expected an object"},
          Row{"unknown", store->change("phone", "{}"), ErrorKind::NotFound, "no key \"phone\""},
          Row{"rotate unknown", store->rotate("phone", Millis(0), now()), ErrorKind::NotFound, "no key \"phone\""},
          Row{"negative grace", store->rotate("laptop", Millis(-1), now()), ErrorKind::Invalid, "0 to 365 days"},
          Row{"long grace", store->rotate("laptop", std::chrono::hours(24 * 365) + Millis(1), now()),
              ErrorKind::Invalid, "0 to 365 days"},
          Row{"remove unknown", store->remove("phone"), ErrorKind::NotFound, "no key \"phone\""}}) {
      CAPTURE(row.name);
      REQUIRE_FALSE(row.result);
      CAPTURE(row.result.error().detail);
      CHECK(row.result.error().kind == row.kind);
      CHECK(row.result.error().detail.find(row.said) != std::string::npos);
      CHECK(row.result.error().detail.find("sk-0123456789abcdef") == std::string::npos);
    }
    CHECK(folder.text() == before);
    CHECK(store->keys() == keys);
  }

  TEST_CASE("after a rotation the old secret is good for its grace, and an older one not at all") {
    const StoreFolder folder;
    const auto store = folder.open();
    const Secret first = done(store->create("laptop", "{}", now())).secret;
    const Secret second = done(store->rotate("laptop", Millis(3'600'000), now())).secret;
    const WallTime end = now() + Millis(3'600'000);
    for (const bool restarted : {false, true}) {
      CAPTURE(restarted);
      const auto again = folder.open();
      const KeyStore& looked_at = restarted ? *again : *store;
      CHECK(opens(looked_at, first, end - Millis(1)));
      CHECK_FALSE(opens(looked_at, first, end + Millis(1'000)));
      CHECK(opens(looked_at, second, end + Millis(1'000)));
    }
    CHECK(folder.open()->keys() == store->keys());

    const Secret third = done(store->rotate("laptop", Millis(1), now())).secret;
    CHECK_FALSE(opens(*store, first, now()));
    CHECK(opens(*store, second, now()));
    CHECK(opens(*store, third, now()));
    const auto last = done(store->rotate("laptop", Millis(0), now()));
    CHECK(last.before.digests.size() == 2);
    CHECK(last.after.digests.size() == 1);
    CHECK_FALSE(opens(*store, third, now()));
    CHECK(opens(*store, last.secret, now()));
  }

  TEST_CASE("a removed key opens nothing, and its name is free again") {
    const StoreFolder folder;
    const auto store = folder.open();
    const auto made = done(store->create("laptop", kSettings, now()));
    const auto removed = done(store->remove("laptop"));
    CHECK(removed.before == made.after);
    CHECK(removed.after == config::Key());
    CHECK_FALSE(opens(*store, made.secret, now()));
    CHECK(folder.open()->keys().empty());
    done(store->create("laptop", "{}", now()));
    CHECK_FALSE(opens(*store, made.secret, now()));
  }

  TEST_CASE("a broken file is not opened and not touched; the message says where and what to do") {
    const StoreFolder folder;
    const std::string text = R"({"version":1,"keys":[{"name":"laptop","colour":"red"}]})";
    folder.put(text);
    const auto store = KeyStore::open(folder.file());
    REQUIRE_FALSE(store);
    CHECK(store.error().kind == ErrorKind::Invalid);
    CHECK(store.error().detail == folder.file().string() +
                                      ": keys[0].colour: unknown field (repair the file, or move it away to begin "
                                      "without its keys)");
    CHECK(folder.text() == text);
  }

  TEST_CASE("a file that can't be read is an error, not an empty store") {
    const StoreFolder folder;
    fs::create_directories(folder.file());
    const auto store = KeyStore::open(folder.file());
    REQUIRE_FALSE(store);
    CHECK(store.error().kind == ErrorKind::Io);
  }

  TEST_CASE("on a full disk a change has not happened, and the next one goes on") {
    const StoreFolder folder;
    const auto store = folder.open();
    const auto made = done(store->create("laptop", kSettings, now()));
    const std::string before = folder.text();
    const auto keys = store->keys();
    {
      const usage::FileSizeLimit full(before.size() / 2);
      for (const auto& refused :
           {store->create("phone", "{}", now()), store->change("laptop", R"({"owner":"eve"})"),
            store->rotate("laptop", Millis(0), now()), store->rotate("laptop", Millis(9), now())}) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::Io);
        CHECK(folder.text() == before);
        CHECK(store->keys() == keys);
      }
    }
    CHECK_FALSE(fs::exists(folder.file().parent_path() / ".keys.json.tmp"));
    CHECK(opens(*store, made.secret, now()));
    done(store->change("laptop", R"({"owner":"ben"})"));
    CHECK(folder.open()->keys() == store->keys());
  }

  TEST_CASE("a change whose folder can't be synced is taken back") {
    const StoreFolder folder;
    const auto store = folder.open();
    done(store->create("laptop", kSettings, now()));
    const std::string before = folder.text();
    const fs::path data = folder.file().parent_path();
    // A folder that can be written to but not opened. Root may do all, so that somebody else must try.
    constexpr uid_t kNobody = 65'534;
    fs::permissions(data.parent_path(), fs::perms(0711));
    REQUIRE(::chmod(data.c_str(), 0300) == 0);
    const bool is_root = ::geteuid() == 0;
    if (is_root) REQUIRE(::chown(data.c_str(), kNobody, kNobody) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (is_root && ::seteuid(kNobody) != 0) ::_exit(2);
      const auto refused = store->change("laptop", R"({"owner":"eve"})");
      const bool was_taken_back = !refused && refused.error().kind == ErrorKind::Io &&
                                  refused.error().detail.find("sync") != std::string::npos &&
                                  store->keys().front().owner == "anna";
      ::_exit(was_taken_back ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(::chmod(data.c_str(), 0700) == 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(folder.text() == before);
  }

  TEST_CASE("changes of many threads are all in the file, while others look keys up") {
    constexpr int kThreads = 4;
    constexpr int kRounds = 6;
    const StoreFolder folder;
    const auto store = folder.open();
    const Secret constant = done(store->create("constant", "{}", now())).secret;
    std::atomic<int> failures{0};
    std::atomic<int> conflicts{0};
    std::atomic<int> running{kThreads};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds; ++i) {
          const std::string name = "t" + std::to_string(t) + "-" + std::to_string(i);
          const auto made = store->create(name, kSettings, now());
          const auto rotated = store->rotate(name, Millis(60'000), now());
          const auto changed = store->change(name, R"({"owner":"ben"})");
          if (!made || !rotated || !changed) {
            ++failures;
            continue;
          }
          if (!opens(*store, made->secret, now()) || !opens(*store, rotated->secret, now())) ++failures;
          if (i % 2 == 1 && !store->remove(name)) ++failures;
          if (!store->create("shared-" + std::to_string(i), "{}", now())) ++conflicts;
        }
        --running;
      });
    }
    while (running > 0) {
      if (!opens(*store, constant, now())) ++failures;
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    CHECK(conflicts == (kThreads - 1) * kRounds);  // each shared name was one thread's
    CHECK(store->keys().size() == 1 + kThreads * kRounds / 2 + kRounds);
    CHECK(folder.open()->keys() == store->keys());
  }
}

}  // namespace
}  // namespace aigw::auth
